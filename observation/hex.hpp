/// Lower-case hexadecimal, as ids stand in headers and records: eight digits at a time.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace tokenweir {

/// The number whose bytes in memory are those of `number` from the highest to the lowest.
constexpr std::uint32_t big_endian(std::uint32_t number) noexcept {
    return std::endian::native == std::endian::big ? number : __builtin_bswap32(number);
}
constexpr std::uint64_t big_endian(std::uint64_t number) noexcept {
    return std::endian::native == std::endian::big ? number : __builtin_bswap64(number);
}

/// The eight digits of `number`, the first one in the highest byte.
constexpr std::uint64_t hex_digits(std::uint32_t number) noexcept {
    constexpr std::uint64_t ones = 0x0101010101010101;
    std::uint64_t nibbles = number;  // spread until each of them has a byte of its own
    nibbles = (nibbles | nibbles << 16) & 0x0000ffff0000ffff;
    nibbles = (nibbles | nibbles << 8) & 0x00ff00ff00ff00ff;
    nibbles = (nibbles | nibbles << 4) & 0x0f0f0f0f0f0f0f0f;
    const std::uint64_t letters = (nibbles + 6 * ones) >> 4 & ones;
    return nibbles + '0' * ones + letters * ('a' - '0' - 10);
}

/// The digits of some bytes: of four, eight and so on.
template <std::size_t size>
constexpr std::array<char, 2 * size> to_hex(const std::array<std::uint8_t, size>& bytes) noexcept {
    static_assert(size % 4 == 0);
    const auto words = std::bit_cast<std::array<std::uint32_t, size / 4>>(bytes);
    std::array<std::uint64_t, size / 4> digits{};
    for (std::size_t i = 0; i < words.size(); ++i) digits[i] = big_endian(hex_digits(big_endian(words[i])));
    return std::bit_cast<std::array<char, 2 * size>>(digits);
}

/// The digits of a number, the highest first.
constexpr std::array<char, 16> to_hex(std::uint64_t number) noexcept {
    return to_hex(std::bit_cast<std::array<std::uint8_t, 8>>(big_endian(number)));
}

}  // namespace tokenweir
