/// One descriptor's place in its thread's reactor: says when it may be read or written, without a system call per wait.
///
/// Asio's async_read_some spends a speculative read before every wait, and async_wait an epoll_ctl: one system call per
/// token either way. The default implementation keeps one reactor operation per direction and arms it for nothing; it
/// uses boost::asio::detail (checked with Boost 1.81 to 1.88, one thread per io_context). Building with
/// TOKENWEIR_PORTABLE_READINESS takes async_wait instead: the same behaviour at that price.
///
/// Edge-triggered: after a callback, read (write) until would_block or a short read before waiting again. A short read
/// may hide an end-of-stream that arrived together with the data; whoever relies on the end probes again after a while.
#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>

#include "proxy/callback.hpp"

namespace tokenweir::proxy {

class Readiness {
public:
    /// Takes over `fd`, which must be non-blocking. Throws boost::system::system_error when it cannot be registered.
    Readiness(boost::asio::io_context& io, int fd);

    /// Closes the descriptor. No callback runs afterwards.
    ~Readiness();
    Readiness(const Readiness&) = delete;
    Readiness& operator=(const Readiness&) = delete;
    Readiness(Readiness&&) noexcept;  ///< what was asked for before stays asked for

    int fd() const noexcept;

    /// Calls `callback` once, from the event loop, when the descriptor became readable (or failed). A second call
    /// before that replaces the callback.
    void when_readable(Callback callback);
    void when_writable(Callback callback);

    /// Calls `callback` in the next turn of the event loop, for whoever stops reading only to be fair to others.
    void readable_again(Callback callback);

    /// What happens from now on is not reported; the next when_…() should follow an attempt to read (write).
    void ignore_readable() noexcept;
    void ignore_writable() noexcept;
    void ignore() noexcept {
        ignore_readable();
        ignore_writable();
    }

private:
    class State;
    std::unique_ptr<State> state_;
};

}  // namespace tokenweir::proxy
