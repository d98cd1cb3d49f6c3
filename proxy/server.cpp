#include "proxy/server.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <exception>
#include <new>
#include <utility>

#include "proxy/head_writer.hpp"
#include "proxy/plain_transport.hpp"

namespace tokenweir::proxy {

Server::Server(Services& services, ConnectionLimit& connections) : services_(services), connections_(connections) {
    adopt(services.setup);
}

void Server::listen(int fd) {
    listeners_.push_back(std::make_unique<AcceptLoop>(
        services_.io, services_.wheel, fd, [this, listener = listeners_.size()](int client, std::string peer) {
            accepted(client, std::move(peer), listener);
        }));
}

void Server::adopt(std::shared_ptr<const Setup> setup) {
    const std::shared_ptr<const Routing> before = services_.routing;
    services_.routing = std::make_shared<const Routing>(services_, setup, before.get());
    services_.setup = std::move(setup);
    if (before) before->close_idle(services_.routing.get());
}

void Server::accepted(int fd, std::string peer, std::size_t listener) {
    const TlsContext* tls = services_.setup->listener_tls[listener].get();
    if (connections_.open.fetch_add(1, std::memory_order_relaxed) >= connections_.limit) {
        connections_.open.fetch_sub(1, std::memory_order_relaxed);
        services_.counters.client_connections_refused.add();
        if (tls == nullptr) refuse(fd);
        ::close(fd);
        return;
    }
    services_.counters.client_connections_accepted.add();
    services_.counters.client_connections_open.add();
    try {
        Readiness socket(services_.io, fd);
        TlsTransport* encrypted = nullptr;
        std::unique_ptr<Transport> client;
        if (tls != nullptr) {
            auto transport = std::make_unique<TlsTransport>(std::move(socket), tls->accept());
            encrypted = transport.get();
            client = std::move(transport);
        } else {
            client = std::make_unique<PlainTransport>(std::move(socket));
        }
        sessions_.emplace_front(services_, std::move(client), encrypted, std::move(peer));
    } catch (const std::exception& failure) {
        std::fprintf(stderr, "tokenweir: a connection was not served: %s\n", failure.what());
        return forget_connection();
    }
    const auto session = sessions_.begin();
    try {
        run(session);
    } catch (const std::bad_alloc& failure) {  // no memory for its frame: it has not begun
        std::fprintf(stderr, "tokenweir: a connection was not served: %s\n", failure.what());
        sessions_.erase(session);
        forget_connection();
    }
}

void Server::forget_connection() {
    connections_.open.fetch_sub(1, std::memory_order_relaxed);
    services_.counters.client_connections_open.remove();
}

/// A courtesy to a client that waits for an answer; the socket's empty buffer takes it whole.
void Server::refuse(int fd) {
    std::string text;
    write_local_reply({.status = 503,
                       .code = "too_many_connections",
                       .message = "limits.connections is reached; try again later",
                       .extra_fields = "Retry-After: 1\r\n"},
                      text);
    [[maybe_unused]] const auto sent = ::send(fd, text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    ::shutdown(fd, SHUT_WR);
}

Detached Server::run(std::list<Session>::iterator session) {
    try {
        co_await session->run();
    } catch (const std::exception& failure) {
        // Out of memory or descriptors: this connection ends, the others go on.
        std::fprintf(stderr, "tokenweir: a connection ended: %s\n", failure.what());
    }
    sessions_.erase(session);
    forget_connection();
    end_if_drained();
}

void Server::drain(Callback drained) {
    services_.draining = true;
    drained_ = drained;
    services_.routing->close_idle(nullptr);
    if (const auto limit = limit_from(services_.now(), services_.config().timeouts.drain); limit != Instant::max())
        drain_end_.set(limit, Callback::to<&Server::cut>(this));
    for (auto session = sessions_.begin(); session != sessions_.end();) (session++)->drain();
    for (const auto& listener : listeners_) listener->finish(Callback::to<&Server::on_listener_finished>(this));
    end_if_drained();
}

void Server::on_listener_finished() {
    if (++listeners_finished_ < listeners_.size()) return;
    listeners_.clear();
    end_if_drained();
}

void Server::end_if_drained() {
    if (drained_ && listeners_.empty() && sessions_.empty()) std::exchange(drained_, {})();
}

void Server::cut() {
    for (auto session = sessions_.begin(); session != sessions_.end();) (session++)->cut();
}

}  // namespace tokenweir::proxy
