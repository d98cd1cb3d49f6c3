#include "proxy/connector.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <boost/asio/ip/address.hpp>
#include <cerrno>
#include <cstring>
#include <optional>

#include "proxy/plain_transport.hpp"

namespace tokenweir::proxy {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

/// The system's resolver does not tell a name's time to live; this is how long its answer is believed.
constexpr std::chrono::seconds addresses_kept{30};

std::string system_error(int error) { return std::strerror(error); }  // NOLINT: one thread's errno text, copied at once

}  // namespace

Connector::Connector(Services& services, const UpstreamUrl& upstream, const TlsContext* tls)
    : services_(services), upstream_(upstream), tls_(tls), resolver_(services.io) {
    boost::system::error_code not_numeric;
    const auto address = asio::ip::make_address(upstream.host, not_numeric);
    if (!not_numeric) {
        endpoints_.emplace_back(address, upstream.port);
        endpoints_until_ = Instant::max();
    }
}

Task<Connected> Connector::connect(const Timeouts& timeouts, PhaseClock& phases, Waits& waits) {
    const Instant limit = limit_from(services_.now(), timeouts.connect);
    Connected result;
    result.detail = co_await resolve(phases, waits, limit);
    if (endpoints_.empty()) {
        result.failure = services_.now() < limit ? EndCause::dns : EndCause::connect_timeout;
        co_return result;
    }

    phases.sleep(Phase::connect, services_.now());
    const Endpoints candidates = endpoints_;  // another call may resolve again meanwhile
    std::optional<Readiness> socket;
    bool connected = false;
    for (const tcp::endpoint& endpoint : candidates) {
        const int fd = ::socket(endpoint.protocol().family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (fd < 0) {
            result.detail = system_error(errno);
            continue;
        }
        const int on = 1;
        ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        const int failed = ::connect(fd, endpoint.data(), static_cast<socklen_t>(endpoint.size())) == 0 ? 0 : errno;
        socket.reset();
        socket.emplace(services_.io, fd);
        if (failed == EINPROGRESS)
            result.detail = co_await connected_or_why_not(*socket, waits, limit);
        else
            result.detail = failed == 0 ? std::string() : system_error(failed);
        connected = result.detail.empty();
        if (connected || services_.now() >= limit) break;
    }
    phases.wake(services_.now());
    if (!connected) {
        result.failure = services_.now() < limit ? EndCause::connect_refused : EndCause::connect_timeout;
        co_return result;
    }

    services_.counters.upstream_connections_opened.add();
    if (tls_ == nullptr) {
        result.transport = std::make_unique<PlainTransport>(std::move(*socket));
        co_return result;
    }
    auto transport = std::make_unique<TlsTransport>(std::move(*socket), tls_->connect(upstream_.host, tls_session_));
    phases.sleep(Phase::tls, services_.now());
    result.detail = co_await handshake(*transport, waits, limit_from(services_.now(), timeouts.tls));
    phases.wake(services_.now());
    if (result.detail.empty())
        result.transport = std::move(transport);
    else
        result.failure = EndCause::tls;
    co_return result;
}

Task<std::string> Connector::connected_or_why_not(Readiness& socket, Waits& waits, Instant limit) {
    for (;;) {
        ReadyOrLate<Readiness> ready(socket, Direction::write, waits, limit);
        if (!co_await ready) co_return "no answer within timeouts.connect";
        pollfd state{.fd = socket.fd(), .events = POLLOUT, .revents = 0};
        if (::poll(&state, 1, 0) != 0) break;  // else a spurious wake-up
    }
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(socket.fd(), SOL_SOCKET, SO_ERROR, &error, &size);
    co_return error == 0 ? std::string() : system_error(error);
}

Task<std::string> Connector::handshake(TlsTransport& transport, Waits& waits, Instant limit) {
    for (;;) {
        switch (transport.handshake()) {
            case TlsTransport::Handshake::done: co_return std::string();
            case TlsTransport::Handshake::failed: co_return transport.failure();
            case TlsTransport::Handshake::want_read: {
                ReadyOrLate<Transport> ready(transport, Direction::read, waits, limit);
                if (!co_await ready) co_return "no TLS handshake within timeouts.tls";
                break;
            }
            case TlsTransport::Handshake::want_write: {
                ReadyOrLate<Transport> ready(transport, Direction::write, waits, limit);
                if (!co_await ready) co_return "no TLS handshake within timeouts.tls";
                break;
            }
        }
    }
}

Task<std::string> Connector::resolve(PhaseClock& phases, Waits& waits, Instant limit) {
    if (services_.now() < endpoints_until_) co_return std::string();
    phases.sleep(Phase::dns, services_.now());

    // The look-up cannot be interrupted, so its answer may come after this coroutine is gone: it goes to a block of its
    // own.
    struct Answer {
        Callback arrived;
        bool done = false;
        boost::system::error_code error;
        Endpoints endpoints;
    };
    const auto answer = std::make_shared<Answer>();
    auto keep = [answer](const boost::system::error_code& error, const tcp::resolver::results_type& found) {
        answer->done = true;
        answer->error = error;
        for (const auto& entry : found) answer->endpoints.push_back(entry.endpoint());
        if (const Callback arrived = std::exchange(answer->arrived, {})) arrived();
    };
    resolver_.async_resolve(upstream_.host, std::to_string(upstream_.port), keep);

    struct Arrival {  // the part of a stream that ReadyOrLate needs
        Answer& answer;
        void when_readable(Callback callback) const { answer.arrived = callback; }
        void when_writable(Callback) const {}
        void ignore() const { answer.arrived = {}; }
    };
    Arrival arrival{*answer};
    ReadyOrLate<Arrival> ready(arrival, Direction::read, waits, limit);
    const bool in_time = co_await ready;
    phases.wake(services_.now());
    if (in_time && !answer->error && !answer->endpoints.empty()) {
        endpoints_ = answer->endpoints;
        endpoints_until_ = services_.now() + addresses_kept;
        co_return std::string();
    }
    co_return in_time ? answer->error.message() : std::string("no answer from the resolver within timeouts.connect");
}

}  // namespace tokenweir::proxy
