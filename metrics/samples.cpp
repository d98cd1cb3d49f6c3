#include "metrics/samples.hpp"

#include <cassert>
#include <string>
#include <utility>

namespace tokenweir::metrics {
namespace {

prometheus::MetricType type_of(MetricType type) noexcept {
    switch (type) {
        case MetricType::counter: return prometheus::MetricType::Counter;
        case MetricType::gauge: return prometheus::MetricType::Gauge;
        case MetricType::histogram: return prometheus::MetricType::Histogram;
    }
    return prometheus::MetricType::Untyped;
}

}  // namespace

prometheus::MetricFamily family_of(const MetricDefinition& metric) {
    return {std::string(metric.name), std::string(metric.help), type_of(metric.type), {}};
}

void add_sample(prometheus::MetricFamily& family, const MetricDefinition& metric, double value,
                std::initializer_list<std::string_view> label_values) {
    assert(label_values.size() == metric.labels().size());
    assert(metric.type != MetricType::histogram);
    prometheus::ClientMetric sample;
    auto label = metric.labels().begin();
    for (const std::string_view text : label_values) sample.label.push_back({std::string(*label++), std::string(text)});
    (metric.type == MetricType::counter ? sample.counter.value : sample.gauge.value) = value;
    family.metric.push_back(std::move(sample));
}

prometheus::MetricFamily single(const MetricDefinition& metric, double value) {
    auto family = family_of(metric);
    add_sample(family, metric, value);
    return family;
}

}  // namespace tokenweir::metrics
