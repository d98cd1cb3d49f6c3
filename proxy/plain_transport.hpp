/// Transport over plain TCP.
#pragma once

#include <utility>

#include "proxy/readiness.hpp"
#include "proxy/transport.hpp"

namespace tokenweir::proxy {

class PlainTransport final : public Transport {
public:
    /// Takes over a connected socket.
    explicit PlainTransport(Readiness socket) : readiness_(std::move(socket)) {}

    IoResult read_some(std::span<char> buffer) noexcept override;
    IoResult write_some(std::string_view first, std::string_view second) noexcept override;
    void when_readable(Callback callback) override { readiness_.when_readable(callback); }
    void when_writable(Callback callback) override { readiness_.when_writable(callback); }
    void readable_again(Callback callback) override { readiness_.readable_again(callback); }
    void ignore() noexcept override { readiness_.ignore(); }
    bool peer_ended() const noexcept override;
    void shutdown_write() noexcept override;
    void abort_on_close() noexcept override;

private:
    Readiness readiness_;
};

/// The system calls beneath both transports.
IoResult read_socket(int fd, std::span<char> buffer) noexcept;
IoResult write_socket(int fd, std::string_view first, std::string_view second) noexcept;
bool socket_ended(int fd) noexcept;
void reset_on_close(int fd) noexcept;

}  // namespace tokenweir::proxy
