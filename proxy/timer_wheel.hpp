/// Coarse deadlines for thousands of connections: one timer a thread, no system call to set or move a deadline.
#pragma once

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstddef>

#include "observation/clock.hpp"
#include "proxy/callback.hpp"
#include "proxy/clock.hpp"

namespace tokenweir::proxy {

/// `limit` from `now` on. A limit of zero is none.
constexpr Instant limit_from(Instant now, std::chrono::milliseconds limit) noexcept {
    return limit.count() == 0 ? Instant::max() : now + limit;
}

class TimerWheel;

/// One deadline. Belongs to one wheel's thread; cancels itself when it is destroyed.
class Deadline {
public:
    explicit Deadline(TimerWheel& wheel) noexcept : wheel_(wheel) {}
    ~Deadline() { cancel(); }
    Deadline(const Deadline&) = delete;
    Deadline& operator=(const Deadline&) = delete;

    /// Calls `callback` once, at most two ticks after `at`. Replaces what was set before; moving a deadline later only
    /// stores the new time.
    void set(Instant at, Callback callback);
    void cancel() noexcept;

private:
    friend class TimerWheel;
    void link_before(Deadline& head) noexcept;
    void unlink() noexcept;

    TimerWheel& wheel_;
    Deadline* next_ = nullptr;  // both null: in no slot
    Deadline* previous_ = nullptr;
    Instant at_{};
    Instant looked_at_{};  // when the wheel will come by
    Callback callback_;
};

class TimerWheel {
public:
    static constexpr std::chrono::milliseconds tick{50};

    explicit TimerWheel(boost::asio::io_context& io);
    TimerWheel(const TimerWheel&) = delete;
    TimerWheel& operator=(const TimerWheel&) = delete;

    /// The clock of everything that sets deadlines here.
    const Clock& clock() const noexcept { return clock_; }
    Clock& clock() noexcept { return clock_; }

    /// Runs every deadline that is due at `now`. Called by the timer; tests call it themselves.
    void advance(Instant now);

private:
    friend class Deadline;
    static constexpr std::size_t slot_count = 512;  // 25 s; what lies further ahead is looked at once every turn

    void insert(Deadline& deadline);
    void start_timer();

    Clock clock_;
    boost::asio::steady_timer timer_;
    std::array<Deadline, slot_count> slots_;  // list heads
    Instant now_;                             // the time of the slot that was looked at last
    std::size_t position_ = 0;
    std::size_t count_ = 0;
    bool ticking_ = false;
};

}  // namespace tokenweir::proxy
