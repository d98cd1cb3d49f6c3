#include "proxy/server.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <exception>
#include <utility>

#include "proxy/head_writer.hpp"
#include "proxy/plain_transport.hpp"

namespace tokenweir::proxy {

void Server::listen(int fd, const TlsContext* tls) {
    listeners_.push_back(std::make_unique<AcceptLoop>(
        services_.io, services_.wheel, fd,
        [this, tls](int client, std::string peer) { accepted(client, std::move(peer), tls); }));
}

void Server::accepted(int fd, std::string peer, const TlsContext* tls) {
    if (connections_.open.fetch_add(1, std::memory_order_relaxed) >= connections_.limit) {
        connections_.open.fetch_sub(1, std::memory_order_relaxed);
        services_.counters.client_connections_refused.add();
        if (tls == nullptr) refuse(fd);
        ::close(fd);
        return;
    }
    services_.counters.client_connections_accepted.add();
    services_.counters.client_connections_open.add();
    TlsTransport* encrypted = nullptr;
    std::unique_ptr<Transport> client;
    if (tls != nullptr) {
        auto transport = std::make_unique<TlsTransport>(Readiness(services_.io, fd), tls->accept());
        encrypted = transport.get();
        client = std::move(transport);
    } else {
        client = std::make_unique<PlainTransport>(Readiness(services_.io, fd));
    }
    sessions_.emplace_front(services_, upstreams_, std::move(client), encrypted, std::move(peer));
    run(sessions_.begin());
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
    connections_.open.fetch_sub(1, std::memory_order_relaxed);
    services_.counters.client_connections_open.remove();
    end_if_drained();
}

void Server::drain(Callback drained) {
    services_.draining = true;
    drained_ = drained;
    for (const auto& upstream : upstreams_) upstream->pool.clear();
    if (const auto limit = limit_from(services_.now(), services_.config.timeouts.drain); limit != Instant::max())
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
