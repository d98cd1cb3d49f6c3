/// When a thread that works through a queue looks into it: at intervals while there is work, and never while there is
/// none.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <utility>

namespace tokenweir::tracing {

/// Everything here requires the mutex of the queue.
class Pace {
public:
    /// For the thread: waits for `interval`, in which work gathers. If it `is_idle` then, sleeps until rouse(), and for
    /// an interval more. Ends at once when `is_urgent`.
    template <class IsUrgent, class IsIdle>
    void rest(std::unique_lock<std::mutex>& lock, std::chrono::milliseconds interval, const IsUrgent& is_urgent,
              const IsIdle& is_idle) {
        if (wake_.wait_for(lock, interval, is_urgent) || !is_idle()) return;
        asleep_ = true;
        wake_.wait(lock, [&] { return !asleep_ || is_urgent(); });
        asleep_ = false;
        wake_.wait_for(lock, interval, is_urgent);
    }

    /// There is work. No system call unless the thread sleeps.
    void rouse() noexcept {
        if (std::exchange(asleep_, false)) wake_.notify_one();
    }

    /// It has become urgent.
    void hurry() noexcept { wake_.notify_one(); }

private:
    std::condition_variable wake_;
    bool asleep_ = false;
};

}  // namespace tokenweir::tracing
