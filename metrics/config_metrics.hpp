/// What became of loading the configuration, as of Prometheus's own metrics of that kind.
#pragma once

#include <prometheus/collectable.h>

#include <mutex>
#include <vector>

#include "observation/clock.hpp"

namespace tokenweir::metrics {

class ConfigMetrics final : public prometheus::Collectable {
public:
    /// `loaded_at`: the start, which was with a valid configuration.
    explicit ConfigMetrics(WallTime loaded_at) : last_success_(loaded_at) {}

    // What a reload came to. Any thread.
    void succeeded(WallTime at);
    void failed();

    std::vector<prometheus::MetricFamily> Collect() const override;

private:
    mutable std::mutex mutex_;
    std::size_t successes_ = 0, failures_ = 0;
    bool last_successful_ = true;
    WallTime last_success_;
};

}  // namespace tokenweir::metrics
