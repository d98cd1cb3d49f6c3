/// A thread that runs out of memory where the test says.
#pragma once

#include <cstddef>

namespace tokenweir::test {

/// While it lives, the calling thread's allocations fail from the `n`-th on (0: the first).
class ScarceMemory {
public:
    explicit ScarceMemory(std::size_t n) noexcept;
    ~ScarceMemory();
    ScarceMemory(const ScarceMemory&) = delete;
    ScarceMemory& operator=(const ScarceMemory&) = delete;

    /// Whether one has failed.
    bool was_short() const noexcept;
};

}  // namespace tokenweir::test
