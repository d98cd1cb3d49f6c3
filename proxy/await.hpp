/// Waiting in a Task: for a transport, or until a deadline or somebody else's word, whichever comes first.
#pragma once

#include <string>
#include <utility>

#include "proxy/readiness.hpp"
#include "proxy/task.hpp"
#include "proxy/timer_wheel.hpp"
#include "proxy/transport.hpp"

namespace tokenweir::proxy {

enum class Direction : std::uint8_t { read, write };

/// What a chain of tasks waits for: one thing at a time. Whoever starts the chain hands this down to every wait in it,
/// and can end the one that it is in.
class Waits {
public:
    explicit Waits(TimerWheel& wheel) noexcept : wheel_(wheel) {}
    Waits(const Waits&) = delete;
    Waits& operator=(const Waits&) = delete;

    /// Ends the present wait, if there is one, as if it were late. What waited goes on before this returns, and may
    /// destroy this object.
    void wake() {
        if (const Callback late = std::exchange(late_, {})) late();
    }

    /// From now on nothing is waited for any more. The present wait is left to wake().
    void refuse() noexcept { refused_ = true; }
    bool refused() const noexcept { return refused_; }

private:
    template <class Stream>
    friend class ReadyOrLate;

    TimerWheel& wheel_;
    Callback late_;
    bool refused_ = false;
};

/// co_await ReadyOrLate(transport, Direction::read, waits, limit): true when ready, false when `limit` came first, or
/// `waits` was woken. `Stream` has when_readable, when_writable and ignore.
template <class Stream>
class ReadyOrLate {
public:
    ReadyOrLate(Stream& stream, Direction direction, Waits& waits, Instant limit)
        : stream_(stream), direction_(direction), waits_(waits), deadline_(waits.wheel_), limit_(limit) {}

    bool await_ready() const noexcept { return waits_.refused(); }
    void await_suspend(std::coroutine_handle<> frame) {
        frame_ = frame;
        const Callback ready = Callback::to<&ReadyOrLate::on_ready>(this);
        direction_ == Direction::read ? stream_.when_readable(ready) : stream_.when_writable(ready);
        waits_.late_ = Callback::to<&ReadyOrLate::on_late>(this);
        if (limit_ != Instant::max()) deadline_.set(limit_, waits_.late_);
    }
    bool await_resume() const noexcept { return in_time_; }

private:
    void on_ready() {
        in_time_ = true;
        resume();
    }
    void on_late() {
        stream_.ignore();
        resume();
    }
    void resume() {
        deadline_.cancel();
        waits_.late_ = {};
        frame_.resume();
    }

    Stream& stream_;
    Direction direction_;
    Waits& waits_;
    Deadline deadline_;
    Instant limit_;
    std::coroutine_handle<> frame_;
    bool in_time_ = false;
};

/// Writes all of `text`; false when the peer failed or `limit` passed first.
inline Task<bool> write_all(Transport& transport, std::string text, Waits& waits, Instant limit) {
    std::string_view rest = text;
    while (!rest.empty()) {
        const IoResult result = transport.write_some(rest);
        if (result.status == IoResult::Status::error) co_return false;
        rest.remove_prefix(result.bytes);
        if (rest.empty()) break;
        ReadyOrLate<Transport> ready(transport, Direction::write, waits, limit);
        if (!co_await ready) co_return false;
    }
    co_return true;
}

}  // namespace tokenweir::proxy
