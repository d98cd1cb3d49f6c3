#include "metrics/config_metrics.hpp"

#include "metrics/samples.hpp"

namespace tokenweir::metrics {

void ConfigMetrics::succeeded(WallTime at) {
    const std::lock_guard lock(mutex_);
    ++successes_;
    last_successful_ = true;
    last_success_ = at;
}

void ConfigMetrics::failed() {
    const std::lock_guard lock(mutex_);
    ++failures_;
    last_successful_ = false;
}

std::vector<prometheus::MetricFamily> ConfigMetrics::Collect() const {
    constexpr const MetricDefinition& reloads = metric("tokenweir_config_reloads_total");
    const std::lock_guard lock(mutex_);
    prometheus::MetricFamily results = family_of(reloads);
    add_sample(results, reloads, static_cast<double>(successes_), {"success"});
    add_sample(results, reloads, static_cast<double>(failures_), {"failure"});
    const Seconds since_1970 = last_success_.time_since_epoch();
    return {std::move(results), single(metric("tokenweir_config_last_reload_successful"), last_successful_ ? 1 : 0),
            single(metric("tokenweir_config_last_reload_success_timestamp_seconds"), since_1970.count())};
}

}  // namespace tokenweir::metrics
