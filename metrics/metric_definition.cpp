#include "metrics/metric_definition.hpp"

namespace tokenweir::metrics {

std::vector<double> BucketOptions::bounds_of(const BucketSet& set) const {
    const std::pair<const BucketSet&, const std::vector<double>&> configured[] = {
        {duration_buckets, duration}, {token_buckets, tokens},      {latency_buckets, latency},
        {phase_buckets, phase},       {overhead_buckets, overhead}, {size_buckets, size}};
    for (const auto& [its, bounds] : configured)
        if (&its == &set && !bounds.empty()) return bounds;
    return {set.bounds.begin(), set.bounds.end()};
}

}  // namespace tokenweir::metrics
