#include "observation/call_id.hpp"

namespace tokenweir {

CallId CallIdSource::next(WallTime now) noexcept {
    const auto ms = static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count());
    const std::uint64_t high = (ms << 16) | 0x7000 | (random_.next() & 0x0fff);            // version 7, rand_a
    const std::uint64_t low = 0x8000000000000000 | (random_.next() & 0x3fffffffffffffff);  // variant 10, rand_b
    constexpr std::string_view digits = "0123456789abcdef";
    CallId id;
    std::size_t at = 0;
    for (int nibble = 0; nibble < 32; ++nibble) {
        if (nibble == 8 || nibble == 12 || nibble == 16 || nibble == 20) id.text[at++] = '-';
        const std::uint64_t word = nibble < 16 ? high : low;
        id.text[at++] = digits[(word >> (60 - 4 * (nibble % 16))) & 0xf];
    }
    return id;
}

}  // namespace tokenweir
