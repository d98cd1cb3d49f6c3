/// A Transport without a socket: a test scripts what reads and writes return, and fires the readiness callbacks itself.
#pragma once

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <deque>
#include <new>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "proxy/transport.hpp"

namespace tokenweir::test {

class ScriptedTransport final : public proxy::Transport {
public:
    // What the next reads return, in order. Behind the script's end every read would block.
    void will_read(std::string_view bytes) { reads_.push_back({Status::ok, std::string(bytes)}); }
    void will_block_reading() { reads_.push_back({Status::would_block, {}}); }
    void will_read_eof() { reads_.push_back({Status::eof, {}}); }
    void will_read_error() { reads_.push_back({Status::error, {}}); }

    // What the next writes return, in order. Behind the script's end every write takes everything.
    void will_take(std::size_t at_most) { writes_.push_back({Status::ok, at_most}); }
    void will_block_writing() { writes_.push_back({Status::would_block, 0}); }
    void will_fail_writing() { writes_.push_back({Status::error, 0}); }

    /// The next wait for bytes finds no memory.
    void will_fail_waiting() { waiting_fails_ = true; }

    /// Its end has arrived, behind whatever the script holds, and is not reported.
    void will_have_ended() { ended_ = true; }

    /// Calls whoever waits for it, once. False: nobody waits.
    bool fire_readable() { return fire(readable_); }
    bool fire_writable() { return fire(writable_); }

    bool awaits_readable() const noexcept { return static_cast<bool>(readable_); }
    bool awaits_writable() const noexcept { return static_cast<bool>(writable_); }
    bool has_unread() const noexcept { return !reads_.empty(); }
    const std::string& written() const noexcept { return written_; }
    int reads() const noexcept { return read_calls_; }
    int writes() const noexcept { return write_calls_; }
    int looks() const noexcept { return looks_; }
    bool shut_down() const noexcept { return shut_down_; }
    bool aborts() const noexcept { return aborts_; }

    proxy::IoResult read_some(std::span<char> buffer) noexcept override {
        ++read_calls_;
        if (reads_.empty()) return {.status = Status::would_block, .drained = true};
        Read& next = reads_.front();
        if (next.status != Status::ok) {
            const Status status = next.status;
            if (status == Status::would_block) reads_.pop_front();  // an end stays the end
            return {.status = status, .error = status == Status::error ? ECONNRESET : 0};
        }
        const std::size_t size = std::min(buffer.size(), next.bytes.size());
        std::memcpy(buffer.data(), next.bytes.data(), size);
        next.bytes.erase(0, size);
        if (next.bytes.empty()) reads_.pop_front();
        return {.bytes = size, .drained = reads_.empty()};
    }

    proxy::IoResult write_some(std::string_view first, std::string_view second = {}) noexcept override {
        ++write_calls_;
        Write next{Status::ok, std::string_view::npos};
        if (!writes_.empty()) {
            next = writes_.front();
            writes_.pop_front();
        }
        if (next.status != Status::ok)
            return {.status = next.status, .error = next.status == Status::error ? EPIPE : 0};
        std::string all(first);
        all.append(second);
        const std::size_t size = std::min(next.at_most, all.size());
        written_.append(all, 0, size);
        return {.bytes = size};
    }

    void when_readable(proxy::Callback callback) override {
        if (std::exchange(waiting_fails_, false)) throw std::bad_alloc();
        readable_ = callback;
    }
    void when_writable(proxy::Callback callback) override { writable_ = callback; }
    void readable_again(proxy::Callback callback) override { readable_ = callback; }
    void ignore() noexcept override { readable_ = writable_ = {}; }
    bool peer_ended() const noexcept override {
        ++looks_;
        return ended_;
    }
    void shutdown_write() noexcept override { shut_down_ = true; }
    void abort_on_close() noexcept override { aborts_ = true; }

private:
    using Status = proxy::IoResult::Status;

    struct Read {
        Status status;
        std::string bytes;
    };
    struct Write {
        Status status;
        std::size_t at_most;
    };

    static bool fire(proxy::Callback& waiting) {
        const proxy::Callback callback = std::exchange(waiting, {});
        if (callback) callback();
        return static_cast<bool>(callback);
    }

    std::deque<Read> reads_;
    std::deque<Write> writes_;
    std::string written_;
    proxy::Callback readable_;
    proxy::Callback writable_;
    int read_calls_ = 0;
    int write_calls_ = 0;
    mutable int looks_ = 0;
    bool ended_ = false;
    bool waiting_fails_ = false;
    bool shut_down_ = false;
    bool aborts_ = false;
};

}  // namespace tokenweir::test
