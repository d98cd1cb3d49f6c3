/// What the proxy's workers count about themselves, added up at scrape time.
#pragma once

#include <prometheus/collectable.h>

#include <span>
#include <vector>

#include "observation/proxy_counters.hpp"

namespace tokenweir::metrics {

class ProxyMetrics final : public prometheus::Collectable {
public:
    /// One set of counters per worker; they must outlive this.
    explicit ProxyMetrics(std::span<const ProxyCounters* const> workers) : workers_(workers.begin(), workers.end()) {}

    /// Any thread. accepted = sum of finished + in flight holds in what is returned unless a worker breaks it.
    std::vector<prometheus::MetricFamily> Collect() const override;

private:
    const std::vector<const ProxyCounters*> workers_;
};

}  // namespace tokenweir::metrics
