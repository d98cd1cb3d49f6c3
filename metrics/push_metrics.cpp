#include "metrics/push_metrics.hpp"

#include "metrics/samples.hpp"

namespace tokenweir::metrics {

std::vector<prometheus::MetricFamily> PushMetrics::Collect() const {
    constexpr const MetricDefinition& pushes = metric("tokenweir_metric_pushes_total");
    std::vector<prometheus::MetricFamily> families{family_of(pushes)};
    for (std::size_t i = 0; i < push_result_names.size(); ++i)
        add_sample(families.back(), pushes, static_cast<double>(counters_.pushes[i].read()), {push_result_names[i]});
    return families;
}

}  // namespace tokenweir::metrics
