#include "observation/call_id.hpp"

#include <bit>
#include <random>

namespace tokenweir {

CallIdSource::CallIdSource() {
    std::random_device entropy;
    for (auto& word : state_) word = (std::uint64_t{entropy()} << 32) | entropy();
    state_[0] |= 1;  // the generator must not start from all zeros
}

std::uint64_t CallIdSource::random() noexcept {
    const std::uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
    const std::uint64_t t = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= t;
    state_[3] = std::rotl(state_[3], 45);
    return result;
}

CallId CallIdSource::next(WallTime now) noexcept {
    const auto ms = static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count());
    const std::uint64_t high = (ms << 16) | 0x7000 | (random() & 0x0fff);            // version 7, rand_a
    const std::uint64_t low = 0x8000000000000000 | (random() & 0x3fffffffffffffff);  // variant 10, rand_b
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
