#include "observation/random.hpp"

#include <bit>
#include <random>

namespace tokenweir {

Random::Random() {
    std::random_device entropy;
    for (auto& word : state_) word = (std::uint64_t{entropy()} << 32) | entropy();
    state_[0] |= 1;  // the generator must not start from all zeros
}

std::uint64_t Random::next() noexcept {
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

}  // namespace tokenweir
