/// Looks into what a collectable has collected.
#pragma once

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include <algorithm>
#include <map>
#include <string>
#include <string_view>

namespace tokenweir::test {

using LabelValues = std::map<std::string, std::string>;

/// All samples of a family by their labels: a counter's or gauge's value, a histogram's count.
inline std::map<LabelValues, double> samples(const prometheus::Collectable& source, std::string_view name) {
    std::map<LabelValues, double> all;
    for (const auto& family : source.Collect()) {
        if (family.name != name) continue;
        for (const auto& metric : family.metric) {
            LabelValues labels;
            for (const auto& label : metric.label) labels[label.name] = label.value;
            all[labels] = family.type == prometheus::MetricType::Counter ? metric.counter.value
                          : family.type == prometheus::MetricType::Histogram
                              ? static_cast<double>(metric.histogram.sample_count)
                              : metric.gauge.value;
        }
    }
    return all;
}

/// The sum of them.
inline double total(const prometheus::Collectable& source, std::string_view name) {
    double sum = 0;
    for (const auto& [labels, value] : samples(source, name)) sum += value;
    return sum;
}

}  // namespace tokenweir::test
