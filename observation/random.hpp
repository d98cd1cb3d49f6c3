/// Random bits for ids: unpredictable enough to be unique everywhere, and free of system calls.
#pragma once

#include <array>
#include <cstdint>

namespace tokenweir {

/// xoshiro256**, seeded from the system's entropy once. Not for secrets. One per thread.
class Random {
public:
    Random();

    /// 64 random bits.
    std::uint64_t next() noexcept;

private:
    std::array<std::uint64_t, 4> state_;
};

}  // namespace tokenweir
