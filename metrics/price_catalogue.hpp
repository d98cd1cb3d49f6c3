/// Prices by provider and model, and how a model's name is looked up in them. Built once, then only read.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "metrics/model_prices.hpp"
#include "metrics/text_hash.hpp"

namespace tokenweir::metrics {

template <class Value>
using TextMap = std::unordered_map<std::string, Value, TextHash, std::equal_to<>>;

/// The models of one provider. Prices are shared by the names of a model.
struct ProviderPrices {
    TextMap<std::shared_ptr<const ModelPrices>> models;
    TextMap<std::string> vendors;  ///< "anthropic" in "anthropic/claude-opus-4-6": the provider whose prices hold
    std::string same_as;           ///< the provider whose prices hold for models that are not among ours
};

/// What a catalogue was read from.
struct PriceOrigin {
    std::string name;        ///< "shipped" or "file"
    std::size_t models = 0;  ///< with prices from here
    std::optional<std::chrono::sys_days> as_of{};

    bool operator==(const PriceOrigin&) const = default;
};

struct PriceCatalogue {
    TextMap<ProviderPrices> providers;
    std::vector<PriceOrigin> origins;
    std::uint64_t edition = 0;  ///< tells catalogues that calls are priced by apart; 0: one that may still change

    /// nullptr: no price is known. Looks at the provider's own models under each of the `PriceNames`, then at its
    /// vendors', then at those of the provider that it has its prices from. Any thread; no lock, no allocation. Of an
    /// edition each thread remembers what it found last: calls mostly ask for one model again and again.
    const ModelPrices* find(std::string_view provider, std::string_view model) const noexcept;

private:
    const ModelPrices* look_up(std::string_view provider, std::string_view model) const noexcept;
};

}  // namespace tokenweir::metrics
