/// Sixteen bytes at a time, for loops that look for a byte: the vector registers that every x86-64 and AArch64 has,
/// through the compiler's own vector types (GCC, Clang), so that there is one text for both.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace tokenweir {

/// Arithmetic and comparisons work byte by byte.
using ByteBlock = std::uint8_t __attribute__((vector_size(16)));

/// What a comparison leaves: all bits of a byte where it holds, else none.
using ByteMask = std::int8_t __attribute__((vector_size(16)));

inline constexpr std::size_t block_bytes = sizeof(ByteBlock);

/// Requires: sixteen readable bytes.
inline ByteBlock load_block(const char* bytes) noexcept {
    ByteBlock block;
    std::memcpy(&block, bytes, sizeof block);
    return block;
}

/// Where a byte is one of [first, last], which are not all 256. Vector registers compare signed numbers, so the range
/// is moved to the lowest of these.
inline ByteMask within(ByteBlock block, unsigned char first, unsigned char last) noexcept {
    constexpr unsigned lowest = 0x80;
    return reinterpret_cast<ByteMask>(block - static_cast<std::uint8_t>(first - lowest)) <
           static_cast<std::int8_t>(last + 1U - first - lowest);
}

/// The places of the bytes where a comparison holds, as bits: 1 for the first, 1 << 15 for the last.
inline unsigned places(ByteMask holds) noexcept {
#if defined(__SSE2__)
    using Chars = char __attribute__((vector_size(16)));
    return static_cast<unsigned>(__builtin_ia32_pmovmskb128(reinterpret_cast<Chars>(holds)));
#else
    static_assert(std::endian::native == std::endian::little);
    std::uint64_t halves[2];
    std::memcpy(halves, &holds, sizeof halves);
    const auto bits = [](std::uint64_t half) {  // one of each byte, brought together in the highest
        return static_cast<unsigned>((half & 0x8040201008040201) * 0x0101010101010101 >> 56);
    };
    return bits(halves[0]) | bits(halves[1]) << 8;
#endif
}

/// The place of the first byte where it holds. Requires: there is one.
inline std::size_t first_of(unsigned places) noexcept { return static_cast<std::size_t>(std::countr_zero(places)); }

}  // namespace tokenweir
