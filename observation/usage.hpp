/// Token counts under one convention: totals include their parts, and what was not reported is absent.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace tokenweir {

enum class UsageSource : std::uint8_t {
    missing,    ///< the wire carried no usage
    reported,   ///< the provider's final figures
    partial,    ///< the provider's figures on the way: its final ones did not come, or could not be read
    estimated,  ///< counted here
};

constexpr std::string_view name_of(UsageSource source) noexcept {
    switch (source) {
        case UsageSource::missing: return "missing";
        case UsageSource::reported: return "reported";
        case UsageSource::partial: return "partial";
        case UsageSource::estimated: return "estimated";
    }
    return "missing";
}

struct TokenUsage {
    std::optional<std::int64_t> input;           ///< total input, cache reads and writes included
    std::optional<std::int64_t> output;          ///< total output, reasoning included
    std::optional<std::int64_t> cache_read;      ///< part of input
    std::optional<std::int64_t> cache_creation;  ///< part of input
    std::optional<std::int64_t> reasoning;       ///< part of output
    UsageSource source = UsageSource::missing;
    std::optional<std::int64_t> cache_creation_1h{};  ///< part of cache_creation that is kept for an hour

    // Absent also when there were none.
    std::optional<std::int64_t> audio_input{};       ///< part of input
    std::optional<std::int64_t> audio_cache_read{};  ///< part of both audio_input and cache_read
    std::optional<std::int64_t> image_input{};       ///< part of input
    std::optional<std::int64_t> audio_output{};      ///< part of output
    std::optional<std::int64_t> image_output{};      ///< part of output

    bool operator==(const TokenUsage&) const = default;
};

}  // namespace tokenweir
