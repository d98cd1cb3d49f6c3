#include "metrics/quota_board.hpp"

#include <algorithm>

#include "metrics/samples.hpp"

namespace tokenweir::metrics {

void ProviderQuotas::see(const Quotas& quotas, Instant at) noexcept {
    const std::unique_lock lock(lock_, std::try_to_lock);
    if (!lock) return;
    const Quota* const news[] = {&quotas.requests,      &quotas.tokens,     &quotas.input_tokens,
                                 &quotas.output_tokens, &quotas.unified_5h, &quotas.unified_7d};
    for (std::size_t i = 0; i < trends_.size(); ++i) trends_[i].see(*news[i], at);
}

ProviderQuotas::Readings ProviderQuotas::read(Instant now) const noexcept {
    const std::lock_guard lock(lock_);
    Readings readings;
    std::ranges::transform(trends_, readings.begin(), [&](const QuotaTrend& trend) { return trend.read(now); });
    return readings;
}

ProviderQuotas& QuotaBoard::of(std::string_view route, std::string_view provider) {
    const std::lock_guard lock(mutex_);
    for (ProviderQuotas& known : all_)
        if (known.route == route && known.provider == provider) return known;
    return all_.emplace_back(route, provider);
}

std::vector<prometheus::MetricFamily> QuotaBoard::collect(Instant now) const {
    struct Shown {
        const MetricDefinition& metric;
        std::optional<double> QuotaTrend::Reading::*value;
    };
    static constexpr std::array shown{
        Shown{metric("tokenweir_quota_limit"), &QuotaTrend::Reading::limit},
        Shown{metric("tokenweir_quota_remaining"), &QuotaTrend::Reading::remaining},
        Shown{metric("tokenweir_quota_reset_seconds"), &QuotaTrend::Reading::reset_seconds},
        Shown{metric("tokenweir_quota_exhaustion_seconds"), &QuotaTrend::Reading::exhaustion_seconds}};

    std::vector<prometheus::MetricFamily> families;
    for (const Shown& one : shown) families.push_back(family_of(one.metric));
    const std::lock_guard lock(mutex_);
    for (const ProviderQuotas& quotas : all_) {
        const auto readings = quotas.read(now);
        for (std::size_t f = 0; f < shown.size(); ++f)
            for (std::size_t r = 0; r < readings.size(); ++r)
                if (const auto& value = readings[r].*shown[f].value)
                    add_sample(families[f], shown[f].metric, *value,
                               {quotas.route, quotas.provider, ProviderQuotas::resources[r]});
    }
    std::erase_if(families, [](const prometheus::MetricFamily& family) { return family.metric.empty(); });
    return families;
}

}  // namespace tokenweir::metrics
