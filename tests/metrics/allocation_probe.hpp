/// Watches what a thread allocates: counts it, or stops the thread in the middle of it.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>

namespace tokenweir::test {

/// How often the calling thread has allocated so far.
std::size_t allocations() noexcept;

/// Holds a thread inside an allocation, and with it every lock that it has taken.
class AllocationGate {
public:
    /// On the thread to be held: its `n`-th allocation from now on waits for `open`.
    void hold_at(std::size_t n) noexcept;

    /// On that thread, when it is through: no later allocation waits.
    void leave() noexcept;

    /// Waits until the thread is held or has left. True: it is held.
    bool wait_until_held();
    void open();

    void arrive() noexcept;  ///< for the allocator

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool held_ = false, left_ = false, open_ = false;
};

}  // namespace tokenweir::test
