#include "proxy/listener.hpp"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace tokenweir::proxy {

namespace {

constexpr int accepts_in_a_row = 64;
constexpr std::chrono::milliseconds pause_without_descriptors{100};

[[noreturn]] void fail(const ListenAddress& address, const std::string& why) {
    throw std::runtime_error("cannot listen on " + address.to_string() + ": " + why);
}

struct Resolved {
    sockaddr_storage address{};
    socklen_t size = 0;
};

Resolved resolve(const ListenAddress& address) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
    addrinfo* found = nullptr;
    const int error = ::getaddrinfo(address.host.c_str(), std::to_string(address.port).c_str(), &hints, &found);
    if (error != 0) fail(address, ::gai_strerror(error));
    Resolved resolved;
    std::memcpy(&resolved.address, found->ai_addr, found->ai_addrlen);
    resolved.size = found->ai_addrlen;
    ::freeaddrinfo(found);
    return resolved;
}

int bind_socket(const ListenAddress& address, bool shared) {
    const Resolved resolved = resolve(address);
    const int fd = ::socket(resolved.address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) fail(address, std::strerror(errno));  // NOLINT: start-up, one thread
    const int on = 1;
    ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (shared) ::setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
    if (resolved.address.ss_family == AF_INET6) ::setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    // NOLINTNEXTLINE: the sockets API's way to say "some kind of address"
    if (::bind(fd, reinterpret_cast<const sockaddr*>(&resolved.address), resolved.size) != 0 ||
        ::listen(fd, SOMAXCONN) != 0) {
        const std::string why = std::strerror(errno);  // NOLINT
        ::close(fd);
        fail(address, why);
    }
    return fd;
}

std::string text_of(const sockaddr_storage& address) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    const void* bytes =
        address.ss_family == AF_INET6
            ? static_cast<const void*>(&reinterpret_cast<const sockaddr_in6*>(&address)->sin6_addr)  // NOLINT
            : static_cast<const void*>(&reinterpret_cast<const sockaddr_in*>(&address)->sin_addr);   // NOLINT
    return ::inet_ntop(address.ss_family, bytes, text.data(), text.size()) != nullptr ? text.data() : "";
}

}  // namespace

ListenAddress claim(const ListenAddress& address) {
    const int fd = bind_socket(address, false);
    sockaddr_storage bound{};
    socklen_t size = sizeof bound;
    ::getsockname(fd, reinterpret_cast<sockaddr*>(&bound), &size);  // NOLINT
    ::close(fd);
    ListenAddress claimed = address;
    claimed.port =
        ntohs(bound.ss_family == AF_INET6 ? reinterpret_cast<const sockaddr_in6*>(&bound)->sin6_port  // NOLINT
                                          : reinterpret_cast<const sockaddr_in*>(&bound)->sin_port);  // NOLINT
    return claimed;
}

int listen_on(const ListenAddress& address) { return bind_socket(address, true); }

AcceptLoop::AcceptLoop(boost::asio::io_context& io, TimerWheel& wheel, int fd, Accepted accepted)
    : readiness_(io, fd), pause_(wheel), accepted_(std::move(accepted)) {
    readiness_.when_readable(Callback::to<&AcceptLoop::on_readable>(this));
}

void AcceptLoop::on_readable() {
    for (int turn = 0; turn < accepts_in_a_row; ++turn) {
        sockaddr_storage peer{};
        socklen_t size = sizeof peer;
        const int fd = ::accept4(readiness_.fd(), reinterpret_cast<sockaddr*>(&peer), &size,
                                 SOCK_NONBLOCK | SOCK_CLOEXEC);  // NOLINT
        if (fd >= 0) {
            const int on = 1;
            ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
            accepted_(fd, text_of(peer));
            continue;
        }
        if (errno == EAGAIN) return readiness_.when_readable(Callback::to<&AcceptLoop::on_readable>(this));
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
            return pause_.set(std::chrono::steady_clock::now() + pause_without_descriptors,
                              Callback::to<&AcceptLoop::on_readable>(this));
        // else: a connection that was gone before it was accepted
    }
    readiness_.readable_again(Callback::to<&AcceptLoop::on_readable>(this));
}

}  // namespace tokenweir::proxy
