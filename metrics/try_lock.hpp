/// A lock for a few words that I/O threads write and a scrape reads: who finds it taken writes nothing and never waits.
#pragma once

#include <atomic>
#include <mutex>
#include <thread>

namespace tokenweir::metrics {

/// For std::unique_lock with std::try_to_lock on an I/O thread, for std::lock_guard elsewhere.
class TryLock {
public:
    bool try_lock() noexcept { return !taken_.test_and_set(std::memory_order_acquire); }
    void lock() noexcept {
        while (!try_lock()) std::this_thread::yield();
    }
    void unlock() noexcept { taken_.clear(std::memory_order_release); }

private:
    std::atomic_flag taken_;
};

}  // namespace tokenweir::metrics
