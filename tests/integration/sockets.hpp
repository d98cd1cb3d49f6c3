/// Sockets of this machine for tests in C++.
#pragma once

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>

namespace tokenweir::test {

class Socket {
public:
    explicit Socket(int fd) : fd_(fd) { REQUIRE(fd >= 0); }
    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;
    ~Socket() { ::close(fd_); }
    int fd() const { return fd_; }

    /// What has arrived, up to some KiB: empty at the end, nothing if neither has.
    std::optional<std::string> read() const {
        std::array<char, 4096> bytes{};
        const ssize_t n = ::recv(fd_, bytes.data(), bytes.size(), MSG_DONTWAIT);
        if (n < 0) return std::nullopt;
        return std::string(bytes.data(), static_cast<std::size_t>(n));
    }

private:
    int fd_;
};

inline std::uint16_t port_of(int fd) {
    sockaddr_in address{};
    socklen_t size = sizeof address;
    ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
    return ntohs(address.sin_port);
}

inline int connect_to(std::uint16_t port) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    return fd;
}

/// Connections to it are made by the kernel, as many as fit into its queue, and nobody talks on them.
class SilentListener {
public:
    explicit SilentListener(int queue, const char* ip = "127.0.0.1", std::uint16_t port = 0)
        : ip_(ip), socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        REQUIRE(::inet_pton(AF_INET, ip, &address.sin_addr) == 1);
        REQUIRE(::bind(socket_.fd(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
        REQUIRE(::listen(socket_.fd(), queue) == 0);
    }
    std::uint16_t port() const { return port_of(socket_.fd()); }
    std::string address() const { return ip_ + ":" + std::to_string(port()); }

    /// Somebody has connected.
    bool reached() const {
        pollfd state{.fd = socket_.fd(), .events = POLLIN, .revents = 0};
        return ::poll(&state, 1, 0) == 1;
    }
    /// Requires: reached.
    int accept() const { return ::accept4(socket_.fd(), nullptr, nullptr, SOCK_CLOEXEC); }

private:
    std::string ip_;
    Socket socket_;
};

}  // namespace tokenweir::test
