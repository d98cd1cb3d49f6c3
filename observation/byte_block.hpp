/// Sixteen bytes at a time, for loops that look for a byte: the vector registers that every x86-64 and AArch64 has,
/// through the compiler's own vector types (GCC, Clang), so that there is one text for both.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace tokenweir {

/// Arithmetic and comparisons work byte by byte; a comparison leaves 0xff where it holds, else 0.
using ByteBlock = std::uint8_t __attribute__((vector_size(16)));

inline constexpr std::size_t block_bytes = sizeof(ByteBlock);

/// Requires: sixteen readable bytes.
inline ByteBlock load_block(const char* bytes) noexcept {
    ByteBlock block;
    std::memcpy(&block, bytes, sizeof block);
    return block;
}

/// The place of the first byte where a comparison holds, or block_bytes.
template <class Comparison>
std::size_t first_place(Comparison holds) noexcept {
    static_assert(sizeof(Comparison) == block_bytes && std::endian::native == std::endian::little);
    std::uint64_t halves[2];
    std::memcpy(halves, &holds, sizeof halves);
    if (halves[0] != 0) return static_cast<std::size_t>(std::countr_zero(halves[0])) / 8;
    return sizeof halves[0] + static_cast<std::size_t>(std::countr_zero(halves[1])) / 8;
}

}  // namespace tokenweir
