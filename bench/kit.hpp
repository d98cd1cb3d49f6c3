/// What the three benchmark programs share: a clock, loopback sockets, epoll with a deadline, and `--name value`
/// arguments.
#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tokenweir::bench {

inline constexpr std::uint64_t never = std::numeric_limits<std::uint64_t>::max();

/// CLOCK_MONOTONIC: the same clock in every process, so that a stamp may be compared across them.
inline std::uint64_t now_ns() noexcept {
    timespec time{};
    clock_gettime(CLOCK_MONOTONIC, &time);
    return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000u + static_cast<std::uint64_t>(time.tv_nsec);
}

[[noreturn]] inline void die(const char* what) {
    std::perror(what);
    std::exit(1);
}

/// `--name value` pairs, and `--name` alone for a switch.
class Arguments {
public:
    Arguments(int count, char** values) : words_(values + 1, values + count) {}

    bool has(std::string_view name) const { return std::find(words_.begin(), words_.end(), name) != words_.end(); }

    std::uint64_t number(std::string_view name, std::uint64_t otherwise) const {
        const auto at = std::find(words_.begin(), words_.end(), name);
        return at == words_.end() || at + 1 == words_.end() ? otherwise : std::stoull(*(at + 1));
    }

private:
    std::vector<std::string> words_;
};

inline sockaddr_in loopback(std::uint16_t port) noexcept {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

inline void no_delay(int fd) noexcept {
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

/// Listens on 127.0.0.1 (port 0: a free one) and says so on stdout: `listening 12345`.
inline int listen_and_announce(std::uint16_t port) {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    const int on = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in address = loopback(port);
    socklen_t size = sizeof address;
    if (bind(fd, reinterpret_cast<sockaddr*>(&address), size) != 0 || listen(fd, 4096) != 0) die("listen");
    getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
    std::printf("listening %d\n", ntohs(address.sin_port));
    std::fflush(stdout);
    return fd;
}

/// The next waiting connection, or -1.
inline int accept_from(int listener) noexcept {
    const int fd = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) no_delay(fd);
    return fd;
}

/// A connection in progress to 127.0.0.1; a refusal shows as an epoll event.
inline int connect_to(std::uint16_t port) {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) die("socket");
    no_delay(fd);
    const sockaddr_in address = loopback(port);
    if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 && errno != EINPROGRESS)
        die("connect");
    return fd;
}

/// Lets the process open as many sockets as the hard limit allows.
inline void raise_file_limit() noexcept {
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

/// Level-triggered epoll; an event carries its file descriptor.
class Epoll {
public:
    void add(int fd, std::uint32_t events) { control(EPOLL_CTL_ADD, fd, events); }
    void modify(int fd, std::uint32_t events) { control(EPOLL_CTL_MOD, fd, events); }

    /// What is ready, or nothing once `deadline_ns` has passed. Valid until the next call.
    std::span<epoll_event> wait(std::uint64_t deadline_ns = never) {
        timespec timeout{};
        if (deadline_ns != never) {
            const std::uint64_t now = now_ns();
            const std::uint64_t left = deadline_ns > now ? deadline_ns - now : 0;
            timeout.tv_sec = static_cast<time_t>(left / 1'000'000'000u);
            timeout.tv_nsec = static_cast<long>(left % 1'000'000'000u);
        }
        const int count = epoll_pwait2(fd_, ready_.data(), static_cast<int>(ready_.size()),
                                       deadline_ns == never ? nullptr : &timeout, nullptr);
        return {ready_.data(), static_cast<std::size_t>(std::max(count, 0))};
    }

private:
    void control(int operation, int fd, std::uint32_t events) {
        epoll_event event{};
        event.events = events;
        event.data.fd = fd;
        if (epoll_ctl(fd_, operation, fd, &event) != 0) die("epoll_ctl");
    }

    int fd_ = epoll_create1(EPOLL_CLOEXEC);
    std::array<epoll_event, 512> ready_{};
};

}  // namespace tokenweir::bench
