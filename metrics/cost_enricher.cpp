#include "metrics/cost_enricher.hpp"

#include <thread>
#include <utility>

#include "metrics/cost.hpp"
#include "metrics/samples.hpp"

namespace tokenweir::metrics {

namespace {

std::unique_ptr<const PriceCatalogue> published(PriceCatalogue&& prices) {
    static std::atomic<std::uint64_t> editions{0};
    prices.edition = editions.fetch_add(1) + 1;
    return std::make_unique<const PriceCatalogue>(std::move(prices));
}

}  // namespace

CostEnricher::CostEnricher(PriceCatalogue prices) : owner_(published(std::move(prices))) {
    current_.store(owner_.get());
}

CostEnricher::~CostEnricher() = default;

/// Counted as a reader before the pointer is taken: whoever may still use an old catalogue is seen by `replace`.
void CostEnricher::enrich(LlmCall& call) const noexcept {
    readers_.fetch_add(1);
    const Cost cost = cost_of(call, *current_.load());
    readers_.fetch_sub(1);
    call.cost = cost.usd;
    call.cost_source = cost.source;
}

/// All four operations on `readers_` and `current_` are sequentially consistent: a reader that took the old pointer was
/// counted before the new one was stored, so the first zero after that means that the old one has no reader left.
void CostEnricher::replace(PriceCatalogue next) {
    auto owner = published(std::move(next));
    const std::lock_guard lock(owner_mutex_);
    current_.store(owner.get());
    while (readers_.load() != 0) std::this_thread::yield();
    owner_ = std::move(owner);
}

std::vector<prometheus::MetricFamily> CostEnricher::Collect() const {
    constexpr const MetricDefinition& models = metric("tokenweir_price_catalogue_models");
    constexpr const MetricDefinition& as_of = metric("tokenweir_price_catalogue_as_of_timestamp_seconds");
    std::vector<prometheus::MetricFamily> families{family_of(models), family_of(as_of)};
    const std::lock_guard lock(owner_mutex_);
    for (const PriceOrigin& origin : owner_->origins) {
        add_sample(families[0], models, static_cast<double>(origin.models), {origin.name});
        if (!origin.as_of) continue;
        const Seconds since_1970 = origin.as_of->time_since_epoch();
        add_sample(families[1], as_of, since_1970.count(), {origin.name});
    }
    return families;
}

}  // namespace tokenweir::metrics
