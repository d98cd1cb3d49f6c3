/// Prices as a catalogue states them, with everything left out that can be inferred, and their inference.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "metrics/model_prices.hpp"

namespace tokenweir::metrics {

/// The prices that are stated, by kind of token.
using NamedPrices = std::array<std::optional<Picodollars>, token_kinds>;

/// By the number of input tokens above which they hold.
using NamedBands = std::map<std::int64_t, NamedPrices>;

/// A factor for every price of the standard tier, in parts of `factor_one`, or prices.
struct NamedTier {
    static constexpr std::int64_t factor_one = 10'000;
    std::optional<std::int64_t> factor;
    NamedPrices prices{};
    NamedBands above;
};

using NamedTiers = std::map<std::string, NamedTier>;

/// What a model costs from some day on.
struct NamedPeriod {
    NamedPrices prices{};
    NamedBands above;
    NamedTiers tiers;
    std::vector<std::pair<HourRange, NamedPrices>> hours;
    std::vector<std::pair<std::string, Picodollars>> units;
};

/// What is not stated costs what it is a special case of (cache reads and writes, audio and images as input; an hour's
/// cache write as any; reasoning, audio and images as output). A band, a tier and hours state what differs from the
/// prices they stand in; bands are not passed on to tiers with prices of their own, nor to hours. `usual` are tiers
/// that hold unless the model has one of that name. Throws BadValue when a factor does not give whole picodollars.
PricePeriod complete(const NamedPeriod& named, const NamedTiers& usual, WallTime from);

}  // namespace tokenweir::metrics
