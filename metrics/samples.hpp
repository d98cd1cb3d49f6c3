/// Families for what is read at scrape time rather than counted in the registry.
#pragma once

#include <prometheus/metric_family.h>

#include <initializer_list>
#include <string_view>

#include "metrics/catalogue.hpp"

namespace tokenweir::metrics {

/// A family without samples.
prometheus::MetricFamily family_of(const MetricDefinition& metric);

/// Adds a counter's or gauge's sample, with one value for each of the metric's labels, in their order.
void add_sample(prometheus::MetricFamily& family, const MetricDefinition& metric, double value,
                std::initializer_list<std::string_view> label_values = {});

/// A family with one sample and no labels.
prometheus::MetricFamily single(const MetricDefinition& metric, double value);

}  // namespace tokenweir::metrics
