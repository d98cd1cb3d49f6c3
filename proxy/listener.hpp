/// A listening socket, and one share of it for each thread.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <string>

#include "proxy/config.hpp"
#include "proxy/readiness.hpp"
#include "proxy/timer_wheel.hpp"

namespace tokenweir::proxy {

/// Finds out whether `address` can be had and which port the system gives for port 0. Throws std::runtime_error, naming
/// the address, when it is in use: SO_REUSEPORT alone would let two proxies share it without a word.
ListenAddress claim(const ListenAddress& address);

/// A non-blocking socket listening on a claimed address, shared by SO_REUSEPORT.
int listen_on(const ListenAddress& address);

/// A non-blocking socket listening on an address that is shared with nobody. Throws as claim() does.
int listen_alone_on(const ListenAddress& address);

/// `wanted`, with the port that `fd` is bound to.
ListenAddress bound_address(ListenAddress wanted, int fd);

class AcceptLoop {
public:
    /// Called with a non-blocking connected socket, which it takes over, and the peer's address as text.
    using Accepted = std::function<void(int fd, std::string peer)>;

    /// Takes over `fd` and accepts from now on. When the process has no descriptor left it pauses instead of spinning.
    AcceptLoop(boost::asio::io_context& io, TimerWheel& wheel, int fd, Accepted accepted);

    /// Accepts whoever has connected by now; `finished` runs a moment later, when this can be destroyed without
    /// resetting anybody. Requires: not finished yet.
    void finish(Callback finished);

private:
    enum class Step : std::uint8_t { next, nobody, no_descriptors };

    void on_readable();
    Step accept_one();
    void accept_waiting();

    const Clock& clock_;
    Readiness readiness_;
    Deadline pause_;
    boost::asio::steady_timer handshakes_;
    Accepted accepted_;
};

}  // namespace tokenweir::proxy
