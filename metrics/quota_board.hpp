/// The rate limits of all providers, as their last responses told them.
#pragma once

#include <prometheus/metric_family.h>

#include <array>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "metrics/quota_trend.hpp"
#include "metrics/try_lock.hpp"

namespace tokenweir::metrics {

/// The limits of one provider behind one route. Several credentials with limits of their own take turns in it.
class ProviderQuotas {
public:
    ProviderQuotas(std::string_view its_route, std::string_view its_provider)
        : route(its_route), provider(its_provider) {}

    static constexpr std::array<std::string_view, 6> resources{"requests",      "tokens",     "input_tokens",
                                                               "output_tokens", "unified_5h", "unified_7d"};
    using Readings = std::array<QuotaTrend::Reading, resources.size()>;

    /// Any thread; never waits: while someone else is in here the news is left out, the next response brings newer.
    void see(const Quotas& quotas, Instant at) noexcept;

    /// Any thread; waits for the few instructions of another one.
    Readings read(Instant now) const noexcept;

    const std::string route, provider;

private:
    mutable TryLock lock_;
    std::array<QuotaTrend, resources.size()> trends_;
};

class QuotaBoard {
public:
    /// Stays where it is as long as the board lives. Any thread.
    ProviderQuotas& of(std::string_view route, std::string_view provider);

    /// The families tokenweir_quota_*, without those that have no sample. Any thread.
    std::vector<prometheus::MetricFamily> collect(Instant now) const;

private:
    mutable std::mutex mutex_;
    std::deque<ProviderQuotas> all_;
};

}  // namespace tokenweir::metrics
