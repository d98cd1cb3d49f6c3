/// What became of the pushes of metrics, read at scrape time.
#pragma once

#include <prometheus/collectable.h>

#include <vector>

#include "observation/push_counters.hpp"

namespace tokenweir::metrics {

class PushMetrics final : public prometheus::Collectable {
public:
    /// `counters` must outlive this.
    explicit PushMetrics(const PushCounters& counters) : counters_(counters) {}

    /// Any thread.
    std::vector<prometheus::MetricFamily> Collect() const override;

private:
    const PushCounters& counters_;
};

}  // namespace tokenweir::metrics
