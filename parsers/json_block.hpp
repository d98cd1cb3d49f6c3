/// Sixty-four bytes of JSON text as bit masks, bit i for byte i: what finds the end of a value without a branch per
/// byte.
///
/// SSE2 on x86-64, eight bytes at a time elsewhere; the portable functions give the same masks and are always compiled.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace tokenweir::parsers {

inline constexpr std::size_t json_block_bytes = 64;

struct QuoteMasks {
    std::uint64_t quotes = 0, backslashes = 0;

    bool operator==(const QuoteMasks&) const = default;
};

struct StructureMasks {
    std::uint64_t open = 0, close = 0, commas = 0;  ///< [ or {, ] or }, and commas, inside strings too

    bool operator==(const StructureMasks&) const = default;
};

namespace portable {

/// One bit per byte of `word` (the first byte lowest) that equals `c`.
inline std::uint64_t equal_bits(std::uint64_t word, unsigned char c) noexcept {
    constexpr std::uint64_t ones = 0x0101010101010101;
    constexpr std::uint64_t low_bits = 0x7f * ones;
    const std::uint64_t difference = word ^ (c * ones);
    const std::uint64_t zero =
        ~(((difference & low_bits) + low_bits) | difference | low_bits);  // 0x80 where it is zero
    return ((zero >> 7) * 0x0102040810204080) >> 56;
}

inline std::uint64_t equal_mask(const char* block, unsigned char c, std::uint64_t ignored_bits = 0) noexcept {
    std::uint64_t mask = 0;
    for (unsigned i = 0; i < json_block_bytes; i += 8) {
        std::uint64_t word;
        std::memcpy(&word, block + i, sizeof word);
        if constexpr (std::endian::native == std::endian::big) word = __builtin_bswap64(word);
        mask |= equal_bits(word | ignored_bits, c) << i;
    }
    return mask;
}

inline bool has_quote(const char* block) noexcept { return equal_mask(block, '"') != 0; }

inline QuoteMasks quote_masks(const char* block) noexcept { return {equal_mask(block, '"'), equal_mask(block, '\\')}; }

inline StructureMasks structure_masks(const char* block) noexcept {
    constexpr std::uint64_t case_bits = 0x2020202020202020;  // [ and {, ] and } differ in this bit
    return {equal_mask(block, '{', case_bits), equal_mask(block, '}', case_bits), equal_mask(block, ',')};
}

/// The bytes below 0x20.
inline std::uint64_t control_mask(const char* block) noexcept {
    std::uint64_t mask = 0;
    for (unsigned i = 0; i < json_block_bytes; ++i)
        mask |= std::uint64_t{static_cast<unsigned char>(block[i]) < 0x20} << i;
    return mask;
}

inline bool has_control(const char* block) noexcept { return control_mask(block) != 0; }

}  // namespace portable

#if defined(__SSE2__)

/// `test`: from sixteen bytes to sixteen bytes of 0xff or 0.
template <class Test>
std::uint64_t mask_of(const char* block, Test test) noexcept {
    const auto bits = [&](std::size_t i) {
        const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(block + 16 * i));
        return static_cast<std::uint64_t>(static_cast<unsigned>(_mm_movemask_epi8(test(bytes)))) << (16 * i);
    };
    return bits(0) | bits(1) | bits(2) | bits(3);
}

/// One test for all sixty-four: a third of the masks' cost.
inline bool has_quote(const char* block) noexcept {
    const auto quotes = [block](std::size_t i) {
        const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(block + 16 * i));
        return _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'));
    };
    return _mm_movemask_epi8(_mm_or_si128(_mm_or_si128(quotes(0), quotes(1)), _mm_or_si128(quotes(2), quotes(3)))) != 0;
}

inline QuoteMasks quote_masks(const char* block) noexcept {
    const auto equals = [block](char c) {
        return mask_of(block, [c](__m128i bytes) { return _mm_cmpeq_epi8(bytes, _mm_set1_epi8(c)); });
    };
    return {equals('"'), equals('\\')};
}

inline StructureMasks structure_masks(const char* block) noexcept {
    const auto equals = [block](char c, char ignored_bit) {
        return mask_of(block, [c, ignored_bit](__m128i bytes) {
            return _mm_cmpeq_epi8(_mm_or_si128(bytes, _mm_set1_epi8(ignored_bit)), _mm_set1_epi8(c));
        });
    };
    return {equals('{', 0x20), equals('}', 0x20), equals(',', 0)};
}

/// 0xff for each byte below 0x20.
inline __m128i controls(__m128i bytes) noexcept {
    return _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(0x1F)), bytes);
}

inline std::uint64_t control_mask(const char* block) noexcept {
    return mask_of(block, [](__m128i bytes) { return controls(bytes); });
}

/// One test for all sixty-four, as has_quote().
inline bool has_control(const char* block) noexcept {
    const auto bytes = [block](std::size_t i) {
        return _mm_loadu_si128(reinterpret_cast<const __m128i*>(block + 16 * i));
    };
    const __m128i least = _mm_min_epu8(_mm_min_epu8(bytes(0), bytes(1)), _mm_min_epu8(bytes(2), bytes(3)));
    return _mm_movemask_epi8(controls(least)) != 0;
}

#else

using portable::control_mask;
using portable::has_control;
using portable::has_quote;
using portable::quote_masks;
using portable::structure_masks;

#endif

/// The bytes that stand behind a backslash which is not itself escaped. `carry`: 1 when the first byte does, because of
/// the block before; becomes the same for the next block. An odd run of backslashes escapes what follows it:
/// subtracting the runs' starts from a pattern of odd bits makes the borrow find their ends.
inline std::uint64_t escaped_mask(std::uint64_t backslashes, std::uint64_t& carry) noexcept {
    constexpr std::uint64_t odd_bits = 0xaaaaaaaaaaaaaaaa;
    const std::uint64_t starts = backslashes & ~carry;
    const std::uint64_t ends = (((starts << 1) | odd_bits) - starts) ^ odd_bits;
    const std::uint64_t escaped = ends ^ (backslashes | carry);
    carry = (ends & backslashes) >> 63;
    return escaped;
}

/// Bit i of the result is the parity of bits 0 to i: set from each opening quote up to the byte before the closing one.
inline std::uint64_t between_quotes(std::uint64_t quotes) noexcept {
    for (unsigned shift = 1; shift < 64; shift *= 2) quotes ^= quotes << shift;
    return quotes;
}

}  // namespace tokenweir::parsers
