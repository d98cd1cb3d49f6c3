/// The accounts of all sinks, read at scrape time.
#pragma once

#include <prometheus/collectable.h>

#include <utility>
#include <vector>

#include "observation/sink_statistics.hpp"

namespace tokenweir::metrics {

class SinkMetrics final : public prometheus::Collectable {
public:
    /// The accounts must outlive this.
    explicit SinkMetrics(std::vector<const SinkAccount*> accounts) : accounts_(std::move(accounts)) {}

    std::vector<prometheus::MetricFamily> Collect() const override;

private:
    const std::vector<const SinkAccount*> accounts_;
};

}  // namespace tokenweir::metrics
