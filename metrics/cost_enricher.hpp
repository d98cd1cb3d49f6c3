/// Gives every call its cost before it goes out, by a price catalogue that can be replaced while calls come in.
#pragma once

#include <prometheus/collectable.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

#include "metrics/price_catalogue.hpp"
#include "observation/call_enricher.hpp"

namespace tokenweir::metrics {

class CostEnricher final : public CallEnricher, public prometheus::Collectable {
public:
    explicit CostEnricher(PriceCatalogue prices);
    ~CostEnricher() override;
    CostEnricher(const CostEnricher&) = delete;
    CostEnricher& operator=(const CostEnricher&) = delete;

    /// Under a microsecond; no lock, no allocation.
    void enrich(LlmCall& call) const noexcept override;

    /// From the next call on, prices are those of `next`. Any thread; waits for calls that are just being priced.
    void replace(PriceCatalogue next);

    /// The catalogue's size and date, by origin.
    std::vector<prometheus::MetricFamily> Collect() const override;

private:
    std::atomic<const PriceCatalogue*> current_;
    mutable std::atomic<std::size_t> readers_{0};
    mutable std::mutex owner_mutex_;  // guards what follows: replacing and collecting, never pricing
    std::unique_ptr<const PriceCatalogue> owner_;
};

}  // namespace tokenweir::metrics
