/// Ids as text: lower-case hexadecimal alone, as the fields that carry them demand.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace tokenweir::tracing {

/// Upper case is no digit (W3C Trace Context, §3.2.2; B3).
constexpr int hex_digit(char c) noexcept {
    if (c >= '0' && c <= '9') return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/// Nothing unless `text` is exactly 2 * size digits.
template <std::size_t size>
constexpr std::optional<std::array<std::uint8_t, size>> from_hex(std::string_view text) noexcept {
    if (text.size() != 2 * size) return std::nullopt;
    std::array<std::uint8_t, size> bytes{};
    for (std::size_t i = 0; i < size; ++i) {
        const int high = hex_digit(text[2 * i]), low = hex_digit(text[2 * i + 1]);
        if (high < 0 || low < 0) return std::nullopt;
        bytes[i] = static_cast<std::uint8_t>(high * 16 + low);
    }
    return bytes;
}

}  // namespace tokenweir::tracing
