/// The prices of one model: by kind of token, service tier, length of the input and date.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "observation/clock.hpp"

namespace tokenweir::metrics {

/// Kinds of tokens with prices of their own. They do not overlap: the first seven make up the input, the rest the
/// output.
enum class TokenKind : std::uint8_t {
    input,  ///< text that no cache was involved in
    cache_read,
    cache_write,     ///< kept for as long as the provider keeps it by default
    cache_write_1h,  ///< kept for an hour
    audio_input,
    audio_cache_read,
    image_input,
    output,
    reasoning,
    audio_output,
    image_output
};

inline constexpr std::array<std::string_view, 11> token_kind_names{
    "input",       "cache_read", "cache_write", "cache_write_1h", "audio_input", "audio_cache_read",
    "image_input", "output",     "reasoning",   "audio_output",   "image_output"};

inline constexpr std::size_t token_kinds = token_kind_names.size();

constexpr std::size_t index_of(TokenKind kind) noexcept { return static_cast<std::size_t>(kind); }

/// Millionths of a millionth of a US dollar. A dollar for a million tokens is a million of them for one token.
using Picodollars = std::int64_t;

/// Of one token of each kind; `no_price` where there is none.
inline constexpr Picodollars no_price = -1;
using TokenPrices = std::array<Picodollars, token_kinds>;

/// Prices of calls whose whole input is more than `above` tokens.
struct PriceBand {
    std::int64_t above = -1;
    TokenPrices prices{};

    bool operator==(const PriceBand&) const = default;
};

struct PriceTier {
    std::string name;              ///< "" is the standard one
    std::vector<PriceBand> bands;  ///< at least one; the first is for every input, the thresholds of the others ascend

    bool operator==(const PriceTier&) const = default;
};

/// The standard one first.
using PriceTiers = std::vector<PriceTier>;

/// Hours of the week, UTC.
struct HourRange {
    std::uint8_t days = 0;                ///< bit 0 is Sunday
    std::chrono::minutes begin{}, end{};  ///< of the day; the end is not part of it

    bool contains(WallTime time) const noexcept;

    bool operator==(const HourRange&) const = default;
};

struct PricePeriod {
    WallTime from = WallTime::min();
    PriceTiers tiers;
    std::vector<std::pair<HourRange, PriceTiers>> hours;     ///< in which other prices hold; the first match counts
    std::vector<std::pair<std::string, Picodollars>> units;  ///< of one unit each

    bool operator==(const PricePeriod&) const = default;
};

/// Oldest first; the first one has always been.
using ModelPrices = std::vector<PricePeriod>;

}  // namespace tokenweir::metrics
