/// The families of /metrics as OpenTelemetry's metrics.
#pragma once

#include <prometheus/collectable.h>

#include <vector>

#include "metrics/exemplar.hpp"
#include "observation/metric_source.hpp"

namespace tokenweir::metrics {

class MetricReader final : public MetricSource {
public:
    /// Reads what all of `sources` collect, with `exemplars`. They must outlive this.
    MetricReader(std::vector<const prometheus::Collectable*> sources, const ExemplarSource& exemplars)
        : sources_(std::move(sources)), exemplars_(exemplars) {}

    /// Counters as sums. What OpenTelemetry has a name for has that one, and so have its labels; everything else is
    /// called as in /metrics.
    std::vector<Metric> read() const override;

private:
    const std::vector<const prometheus::Collectable*> sources_;
    const ExemplarSource& exemplars_;
};

}  // namespace tokenweir::metrics
