/// Waiting in a Task: for a transport, or until a deadline, whichever comes first.
#pragma once

#include <string>

#include "proxy/readiness.hpp"
#include "proxy/task.hpp"
#include "proxy/timer_wheel.hpp"
#include "proxy/transport.hpp"

namespace tokenweir::proxy {

enum class Direction : std::uint8_t { read, write };

/// co_await ReadyOrLate(transport, Direction::read, wheel, limit): true when ready, false when `limit` came first.
/// `Stream` has when_readable, when_writable and ignore.
template <class Stream>
class ReadyOrLate {
public:
    ReadyOrLate(Stream& stream, Direction direction, TimerWheel& wheel, Instant limit)
        : stream_(stream), direction_(direction), deadline_(wheel), limit_(limit) {}

    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> frame) {
        frame_ = frame;
        const Callback ready = Callback::to<&ReadyOrLate::on_ready>(this);
        direction_ == Direction::read ? stream_.when_readable(ready) : stream_.when_writable(ready);
        if (limit_ != Instant::max()) deadline_.set(limit_, Callback::to<&ReadyOrLate::on_late>(this));
    }
    bool await_resume() const noexcept { return in_time_; }

    /// Ends the wait from outside, as if it were late.
    void interrupt() {
        deadline_.cancel();
        on_late();
    }

private:
    void on_ready() {
        deadline_.cancel();
        in_time_ = true;
        frame_.resume();
    }
    void on_late() {
        stream_.ignore();
        frame_.resume();
    }

    Stream& stream_;
    Direction direction_;
    Deadline deadline_;
    Instant limit_;
    std::coroutine_handle<> frame_;
    bool in_time_ = false;
};

/// Writes all of `text`; false when the peer failed or `limit` passed first.
inline Task<bool> write_all(Transport& transport, std::string text, TimerWheel& wheel, Instant limit) {
    std::string_view rest = text;
    while (!rest.empty()) {
        const IoResult result = transport.write_some(rest);
        if (result.status == IoResult::Status::error) co_return false;
        rest.remove_prefix(result.bytes);
        if (rest.empty()) break;
        ReadyOrLate<Transport> ready(transport, Direction::write, wheel, limit);
        if (!co_await ready) co_return false;
    }
    co_return true;
}

}  // namespace tokenweir::proxy
