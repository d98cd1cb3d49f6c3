/// What the proxy's workers and its admin port count about themselves, read at scrape time.
#pragma once

#include <prometheus/collectable.h>

#include <span>
#include <vector>

#include "observation/proxy_counters.hpp"

namespace tokenweir::metrics {

class ProxyMetrics final : public prometheus::Collectable {
public:
    /// One set of counters per worker, which are added up; all of them must outlive this.
    ProxyMetrics(std::span<const ProxyCounters* const> workers, const AdminCounters& admin)
        : workers_(workers.begin(), workers.end()), admin_(admin) {}

    /// Any thread. accepted = sum of finished + in flight holds in what is returned unless a worker breaks it.
    std::vector<prometheus::MetricFamily> Collect() const override;

private:
    const std::vector<const ProxyCounters*> workers_;
    const AdminCounters& admin_;
};

}  // namespace tokenweir::metrics
