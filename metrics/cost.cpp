#include "metrics/cost.hpp"

#include <algorithm>
#include <cmath>
#include <string_view>

namespace tokenweir::metrics {
namespace {

using enum TokenKind;

__extension__ using Wide = __int128;  // picodollars: more tokens than fit a call, times the highest price, still fit

constexpr double picodollars_per_dollar = 1e12;
constexpr std::int64_t amount_scale = 1'000'000;  // amounts of units count to the millionth
constexpr double largest_amount = 1e12;

std::optional<std::int64_t> unit(const LlmCall& call, std::string_view name) noexcept {
    for (const auto& [known, amount] : call.units)
        if (known == name && amount >= 0 && amount <= largest_amount) return std::llround(amount);
    return std::nullopt;
}

/// Takes up to `wanted` out of `rest`.
std::int64_t take(std::int64_t& rest, const std::optional<std::int64_t>& wanted) noexcept {
    const std::int64_t taken = std::clamp<std::int64_t>(wanted.value_or(0), 0, rest);
    rest -= taken;
    return taken;
}

std::int64_t sum(std::initializer_list<std::optional<std::int64_t>> parts) noexcept {
    std::int64_t total = 0;
    for (const auto& part : parts) total += std::max<std::int64_t>(part.value_or(0), 0);
    return total;
}

bool has_tokens(const LlmCall& call) noexcept {
    const TokenUsage& usage = call.usage;
    return usage.input || usage.output || usage.cache_read || usage.cache_creation || usage.reasoning ||
           unit(call, "billed_input_tokens") || unit(call, "billed_output_tokens");
}

constexpr char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool same_word(std::string_view a, std::string_view b) noexcept { return std::ranges::equal(a, b, {}, lower, lower); }

/// What providers call the tier that everybody gets.
bool is_standard(std::string_view tier) noexcept {
    constexpr std::string_view words[] = {"", "default", "standard", "auto", "on_demand", "standard_only"};
    return std::ranges::any_of(words, [&](std::string_view word) { return same_word(tier, word); });
}

const PricePeriod& period_at(const ModelPrices& model, WallTime time) noexcept {
    return *(std::ranges::upper_bound(model, time, {}, &PricePeriod::from) - 1);  // the first one has always been
}

const PriceTiers& tiers_at(const PricePeriod& period, WallTime time) noexcept {
    for (const auto& [range, tiers] : period.hours)
        if (range.contains(time)) return tiers;
    return period.tiers;
}

const PriceTier* tier_named(const PriceTiers& tiers, std::string_view name) noexcept {
    if (is_standard(name)) return &tiers.front();
    const auto tier = std::ranges::find_if(tiers, [&](const PriceTier& known) { return same_word(known.name, name); });
    return tier == tiers.end() ? nullptr : &*tier;
}

const TokenPrices& prices_for(const PriceTier& tier, std::int64_t input) noexcept {
    return (std::ranges::lower_bound(tier.bands, input, {}, &PriceBand::above) - 1)->prices;  // the first is above -1
}

/// Nothing if a kind of which there are tokens has no price.
std::optional<Wide> price_of(const TokenCounts& counts, const TokenPrices& prices) noexcept {
    Wide total = 0;
    for (std::size_t i = 0; i < token_kinds; ++i) {
        if (counts[i] == 0) continue;
        if (prices[i] == no_price) return std::nullopt;
        total += Wide{counts[i]} * prices[i];
    }
    return total;
}

/// Of those units that have a price. Nothing if there are none.
std::optional<Wide> price_of_units(const LlmCall& call, const PricePeriod& period) noexcept {
    std::optional<Wide> total;
    for (const auto& [name, price] : period.units)
        for (const auto& [unit, amount] : call.units) {
            if (unit != name || !(amount >= 0 && amount <= largest_amount)) continue;
            const Wide scaled = Wide{std::llround(amount * amount_scale)} * price;
            total = total.value_or(0) + (scaled + amount_scale / 2) / amount_scale;
        }
    return total;
}

const ModelPrices* model_of(const LlmCall& call, const PriceCatalogue& catalogue) noexcept {
    const ModelPrices* model =
        call.response_model.empty() ? nullptr : catalogue.find(call.provider, call.response_model);
    if (model == nullptr && !call.request_model.empty()) model = catalogue.find(call.provider, call.request_model);
    return model;
}

}  // namespace

TokenCounts count_tokens(const LlmCall& call) noexcept {
    const TokenUsage& usage = call.usage;
    TokenCounts counts{};
    const auto at = [&](TokenKind kind) -> std::int64_t& { return counts[index_of(kind)]; };

    std::int64_t rest = std::max<std::int64_t>(usage.input.value_or(sum({usage.cache_read, usage.cache_creation})), 0);
    at(cache_read) = take(rest, usage.cache_read);
    std::int64_t written = take(rest, usage.cache_creation);
    at(cache_write_1h) = take(written, usage.cache_creation_1h);
    at(cache_write) = written;
    at(audio_cache_read) = take(at(cache_read), usage.audio_cache_read);
    at(audio_input) = take(rest, usage.audio_input.value_or(0) - at(audio_cache_read));
    at(image_input) = take(rest, usage.image_input);
    at(input) = rest;
    if (const auto billed = unit(call, "billed_input_tokens")) {
        counts = {};
        at(input) = *billed;
    }

    rest = std::max<std::int64_t>(usage.output.value_or(sum({usage.reasoning})), 0);
    if (const auto billed = unit(call, "billed_output_tokens")) rest = *billed;
    at(reasoning) = take(rest, usage.reasoning);
    at(audio_output) = take(rest, usage.audio_output);
    at(image_output) = take(rest, usage.image_output);
    at(output) = rest;
    return counts;
}

Cost cost_of(const LlmCall& call, const PriceCatalogue& catalogue) noexcept {
    if (call.cost && call.cost_source == CostSource::provider) return {call.cost, call.cost_source};
    if (!call.generation || (!has_tokens(call) && call.units.empty())) return {};
    if (call.request_model.empty() && call.response_model.empty()) return {{}, CostSource::no_model};

    constexpr Cost unpriced{{}, CostSource::unpriced};
    const ModelPrices* model = model_of(call, catalogue);
    if (model == nullptr) return unpriced;
    const WallTime time = call.timings.started_at;
    const PricePeriod& period = period_at(*model, time);
    const PriceTier* tier = tier_named(tiers_at(period, time), call.service_tier);
    if (tier == nullptr) return unpriced;

    const TokenCounts counts = count_tokens(call);
    std::int64_t total_input = 0;
    for (std::size_t i = 0; i < index_of(output); ++i) total_input += counts[i];
    const auto tokens = price_of(counts, prices_for(*tier, total_input));
    const auto units = price_of_units(call, period);
    if (!tokens) return unpriced;
    if (!units && !has_tokens(call)) return {};
    return {static_cast<double>(*tokens + units.value_or(0)) / picodollars_per_dollar, CostSource::catalogue};
}

}  // namespace tokenweir::metrics
