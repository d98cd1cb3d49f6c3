#include "proxy/listener.hpp"

#include <arpa/inet.h>
#include <linux/filter.h>
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

/// Between two machines that are near each other. Whoever wants to connect in this time must try again: TCP does so
/// after a second, and is refused then.
constexpr std::chrono::milliseconds handshake_time{1};

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

enum class Use : std::uint8_t { claim, listen, listen_alone };

int bind_socket(const ListenAddress& address, Use use) {
    const Resolved resolved = resolve(address);
    const int fd = ::socket(resolved.address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) fail(address, std::strerror(errno));  // NOLINT: start-up, one thread
    const int on = 1;
    ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (use == Use::listen) ::setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
    if (resolved.address.ss_family == AF_INET6) ::setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    // NOLINTNEXTLINE: the sockets API's way to say "some kind of address"
    if (::bind(fd, reinterpret_cast<const sockaddr*>(&resolved.address), resolved.size) != 0 ||
        (use != Use::claim && ::listen(fd, SOMAXCONN) != 0)) {
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

/// Makes the kernel drop segments that ask `fd`, a listening socket, for a new connection: SYN without ACK. Handshakes
/// under way complete. (Accepted sockets inherit the filter; nobody sends them such a segment.)
void ignore_new_connections(int fd) noexcept {
    constexpr unsigned flags_offset = 13, syn = 0x02, ack = 0x10;  // RFC 9293 §3.1; the filter sees the TCP header
    static std::array<sock_filter, 5> program{{BPF_STMT(BPF_LD | BPF_B | BPF_ABS, flags_offset),
                                               BPF_STMT(BPF_ALU | BPF_AND | BPF_K, syn | ack),
                                               BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, syn, 0, 1),
                                               BPF_STMT(BPF_RET | BPF_K, 0), BPF_STMT(BPF_RET | BPF_K, 0xffffffff)}};
    const sock_fprog filter{.len = static_cast<unsigned short>(program.size()), .filter = program.data()};
    ::setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter);  // best effort: a narrow window stays
}

}  // namespace

ListenAddress claim(const ListenAddress& address) {
    const int fd = bind_socket(address, Use::claim);  // it never listens: closing it would reset whoever had connected
    ListenAddress claimed = bound_address(address, fd);
    ::close(fd);
    return claimed;
}

ListenAddress bound_address(ListenAddress wanted, int fd) {
    sockaddr_storage bound{};
    socklen_t size = sizeof bound;
    ::getsockname(fd, reinterpret_cast<sockaddr*>(&bound), &size);  // NOLINT
    wanted.port =
        ntohs(bound.ss_family == AF_INET6 ? reinterpret_cast<const sockaddr_in6*>(&bound)->sin6_port  // NOLINT
                                          : reinterpret_cast<const sockaddr_in*>(&bound)->sin_port);  // NOLINT
    return wanted;
}

int listen_on(const ListenAddress& address) { return bind_socket(address, Use::listen); }

int listen_alone_on(const ListenAddress& address) { return bind_socket(address, Use::listen_alone); }

AcceptLoop::AcceptLoop(boost::asio::io_context& io, TimerWheel& wheel, int fd, Accepted accepted)
    : clock_(wheel.clock()), readiness_(io, fd), pause_(wheel), handshakes_(io), accepted_(std::move(accepted)) {
    readiness_.when_readable(Callback::to<&AcceptLoop::on_readable>(this));
}

void AcceptLoop::on_readable() {
    const Callback again = Callback::to<&AcceptLoop::on_readable>(this);
    for (int turn = 0; turn < accepts_in_a_row; ++turn) {
        switch (accept_one()) {
            case Step::next: break;
            case Step::nobody: return readiness_.when_readable(again);
            case Step::no_descriptors: return pause_.set(clock_.now() + pause_without_descriptors, again);
        }
    }
    readiness_.readable_again(again);
}

AcceptLoop::Step AcceptLoop::accept_one() {
    sockaddr_storage peer{};
    socklen_t size = sizeof peer;
    const int fd = ::accept4(readiness_.fd(), reinterpret_cast<sockaddr*>(&peer), &size,  // NOLINT
                             SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
        const int on = 1;
        ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        accepted_(fd, text_of(peer));
        return Step::next;
    }
    if (errno == EAGAIN) return Step::nobody;
    if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) return Step::no_descriptors;
    return Step::next;  // a connection that was gone before it was accepted
}

void AcceptLoop::accept_waiting() {
    // Bounded, because new ones may come as fast as these are accepted; the kernel holds no more than this.
    for (int waiting = SOMAXCONN; waiting >= 0 && accept_one() == Step::next;) --waiting;
}

void AcceptLoop::finish(Callback finished) {
    accept_waiting();
    ignore_new_connections(readiness_.fd());
    handshakes_.expires_after(handshake_time);
    handshakes_.async_wait([this, finished](boost::system::error_code error) {
        if (error) return;
        accept_waiting();
        finished();
    });
}

}  // namespace tokenweir::proxy
