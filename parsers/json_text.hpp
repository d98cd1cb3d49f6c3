/// Small services on raw JSON text that need no parser.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "parsers/json_block.hpp"

namespace tokenweir::parsers {

/// A JSON string's content with its escapes undone (RFC 8259 §7), as UTF-8. `raw` stands without the quotes around it.
/// Nothing for an escape that does not exist or is cut short; a lone surrogate becomes U+FFFD. Bytes that are not
/// escapes pass unchecked.
std::optional<std::string> unescape_json(std::string_view raw);

/// A number as JSON writes it, the whole of `text`; nothing for what is none, or not finite.
std::optional<double> parse_number(std::string_view text) noexcept;

/// A string or a bracket is still open at the end: the rest is missing, whatever else is wrong.
bool is_unfinished(std::string_view json) noexcept;

/// Writes one JSON value anew onto `out`: without white space, its strings and numbers as `filter` gives them back. A
/// number that changes becomes a string. False, and nothing more to be made of `out`, if `json` is not one JSON value
/// (RFC 8259), or more than 64 levels deep.
bool copy_json(std::string_view json, std::string& out,
               const std::function<std::string(std::string_view text)>& filter);

/// Inside a string: the first byte of [at, end) that is a quote, a backslash or a control byte, or a byte before it of
/// which fewer than eight are left. Sixteen bytes at a time on x86-64, then eight.
inline const char* skip_to_special(const char* at, const char* end) noexcept {
#if defined(__SSE2__)
    const auto equal = [](__m128i bytes, char c) { return _mm_cmpeq_epi8(bytes, _mm_set1_epi8(c)); };
    for (; end - at >= 16; at += 16) {
        const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
        const __m128i special = _mm_or_si128(controls(bytes), _mm_or_si128(equal(bytes, '"'), equal(bytes, '\\')));
        if (const auto mask = static_cast<unsigned>(_mm_movemask_epi8(special)); mask != 0)
            return at + std::countr_zero(mask);
    }
#endif
    constexpr std::uint64_t ones = 0x0101010101010101;
    constexpr std::uint64_t high = 0x80 * ones;
    const auto zero = [](std::uint64_t word) { return (word - ones) & ~word; };
    for (; end - at >= 8; at += 8) {
        std::uint64_t word;
        std::memcpy(&word, at, sizeof word);
        const std::uint64_t control = (word - 0x20 * ones) & ~word;
        const std::uint64_t special = (control | zero(word ^ ('"' * ones)) | zero(word ^ ('\\' * ones))) & high;
        if (special == 0) continue;
        // The lowest mark is exact; those above it may come from a borrow.
        return std::endian::native == std::endian::little ? at + std::countr_zero(special) / 8 : at;
    }
    return at;
}

}  // namespace tokenweir::parsers
