/// A connected byte stream that never blocks: plain TCP, TLS, or a test's script.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "proxy/callback.hpp"

namespace tokenweir::proxy {

struct IoResult {
    enum class Status : std::uint8_t {
        ok,           ///< `bytes` > 0 were moved
        would_block,  ///< nothing moved: wait
        eof,          ///< reading: the peer ended its stream properly
        error         ///< reset, or a TLS stream cut without close_notify; `error` says why
    };
    Status status = Status::ok;
    std::size_t bytes = 0;
    bool drained = false;  ///< reading: there was no more just now, so waiting needs no further attempt
    int error = 0;         ///< errno, 0 if it was TLS
};

class Transport {
public:
    virtual ~Transport() = default;  ///< closes

    virtual IoResult read_some(std::span<char> buffer) noexcept = 0;

    /// Writes from `first`, then `second`, with one system call where that is possible. After would_block or a partial
    /// write the next call must continue with the same bytes (they may have moved).
    virtual IoResult write_some(std::string_view first, std::string_view second = {}) noexcept = 0;

    /// The contracts of Readiness.
    virtual void when_readable(Callback callback) = 0;
    virtual void when_writable(Callback callback) = 0;
    virtual void readable_again(Callback callback) = 0;
    virtual void ignore() noexcept = 0;  ///< both directions

    /// The peer's end, or a reset, has arrived, though it may stand behind bytes that were not read. Costs a system
    /// call.
    virtual bool peer_ended() const noexcept = 0;

    /// Ends our half properly (FIN, close_notify); reading goes on.
    virtual void shutdown_write() noexcept = 0;

    /// Makes closing a reset, so that the peer cannot take what it got for a complete message.
    virtual void abort_on_close() noexcept = 0;
};

}  // namespace tokenweir::proxy
