#include "metrics/price_builder.hpp"

#include <algorithm>

#include "observation/config_error.hpp"

namespace tokenweir::metrics {
namespace {

using enum TokenKind;

/// What a kind costs when nothing is said, in an order in which the second is known before it is needed.
constexpr std::pair<TokenKind, TokenKind> costs_as[] = {
    {cache_read, input},  {cache_write, input},   {cache_write_1h, cache_write},
    {audio_input, input}, {image_input, input},   {audio_cache_read, cache_read},
    {reasoning, output},  {audio_output, output}, {image_output, output},
};

TokenPrices filled_in(NamedPrices prices) {
    for (const auto& [kind, other] : costs_as)
        if (!prices[index_of(kind)]) prices[index_of(kind)] = prices[index_of(other)];
    TokenPrices all;
    std::ranges::transform(prices, all.begin(), [](const auto& price) { return price.value_or(no_price); });
    return all;
}

NamedPrices merged(NamedPrices base, const NamedPrices& differing) {
    for (std::size_t i = 0; i < token_kinds; ++i)
        if (differing[i]) base[i] = differing[i];
    return base;
}

PriceTier tier(const std::string& name, const NamedPrices& prices, const NamedBands& above) {
    PriceTier tier{name, {{-1, filled_in(prices)}}};
    for (const auto& [threshold, differing] : above)
        tier.bands.push_back({threshold, filled_in(merged(prices, differing))});
    return tier;
}

PriceTier scaled(const std::string& name, PriceTier tier, std::int64_t factor) {
    tier.name = name;
    for (PriceBand& band : tier.bands)
        for (Picodollars& price : band.prices) {
            if (price == no_price) continue;
            if (price * factor % NamedTier::factor_one != 0)
                throw BadValue("the factor of tier '" + name +
                               "' gives a price with more than 6 decimals: expected prices in its place");
            price = price * factor / NamedTier::factor_one;
        }
    return tier;
}

PriceTiers all_tiers(const NamedPrices& prices, const NamedBands& above, const NamedTiers& named) {
    PriceTiers tiers{tier("", prices, above)};
    for (const auto& [name, differing] : named)
        tiers.push_back(differing.factor ? scaled(name, tiers.front(), *differing.factor)
                                         : tier(name, merged(prices, differing.prices), differing.above));
    return tiers;
}

}  // namespace

PricePeriod complete(const NamedPeriod& named, const NamedTiers& usual, WallTime from) {
    NamedTiers tiers = named.tiers;
    tiers.insert(usual.begin(), usual.end());
    PricePeriod period{from, all_tiers(named.prices, named.above, tiers), {}, named.units};
    for (const auto& [range, differing] : named.hours)
        period.hours.emplace_back(range, all_tiers(merged(named.prices, differing), {}, tiers));
    return period;
}

}  // namespace tokenweir::metrics
