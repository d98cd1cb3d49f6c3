/// Well-formed UTF-8 (Unicode, table 3-7): where a code point ends, for text that somebody else chose.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tokenweir {

inline constexpr std::string_view replacement_character = "\xEF\xBF\xBD";  // U+FFFD

struct Utf8Step {
    std::size_t length;  ///< bytes of the code point; ill-formed: of the longest part that could have begun one
    bool well_formed;
};

/// The first code point of `text`. Requires: `text` is not empty.
constexpr Utf8Step utf8_step(std::string_view text) noexcept {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned lead = byte(0);
    if (lead < 0x80) return {1, true};
    if (lead < 0xC2 || lead > 0xF4) return {1, false};
    const std::size_t length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    unsigned low = 0x80, high = 0xBF;  // of the second byte; no overlong forms, no surrogates, nothing above U+10FFFF
    if (lead == 0xE0) low = 0xA0;
    if (lead == 0xED) high = 0x9F;
    if (lead == 0xF0) low = 0x90;
    if (lead == 0xF4) high = 0x8F;
    for (std::size_t i = 1; i < length; ++i) {
        if (i == text.size() || byte(i) < low || byte(i) > high) return {i, false};
        low = 0x80;
        high = 0xBF;
    }
    return {length, true};
}

/// At most `max_bytes` of `text`, never ending inside a code point that was whole.
constexpr std::string_view utf8_prefix(std::string_view text, std::size_t max_bytes) noexcept {
    if (text.size() <= max_bytes) return text;
    std::size_t end = max_bytes;
    for (std::size_t back = 0; back < 3 && end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80; ++back)
        --end;
    return text.substr(0, end);
}

/// All of it is well-formed.
constexpr bool is_valid_utf8(std::string_view text) noexcept {
    while (!text.empty()) {
        const Utf8Step step = utf8_step(text);
        if (!step.well_formed) return false;
        text.remove_prefix(step.length);
    }
    return true;
}

/// `text` with every ill-formed part replaced by U+FFFD.
inline std::string to_valid_utf8(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        const Utf8Step step = utf8_step(text);
        out += step.well_formed ? text.substr(0, step.length) : replacement_character;
        text.remove_prefix(step.length);
    }
    return out;
}

}  // namespace tokenweir
