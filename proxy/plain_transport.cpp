#include "proxy/plain_transport.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

namespace tokenweir::proxy {

using Status = IoResult::Status;

namespace {

IoResult failure() noexcept {
    if (errno == EAGAIN) return {.status = Status::would_block, .drained = true};
    return {.status = Status::error, .error = errno};
}

}  // namespace

IoResult read_socket(int fd, std::span<char> buffer) noexcept {
    for (;;) {
        const ssize_t n = ::recv(fd, buffer.data(), buffer.size(), 0);
        if (n > 0) {
            const auto bytes = static_cast<std::size_t>(n);
            return {.bytes = bytes, .drained = bytes < buffer.size()};
        }
        if (n == 0) return {.status = Status::eof};
        if (errno != EINTR) return failure();
    }
}

/// One piece costs the kernel less than two, by more than it takes to put a small request or response together.
IoResult write_socket(int fd, std::string_view first, std::string_view second) noexcept {
    std::array<char, 4096> joined;
    if (first.empty()) std::swap(first, second);
    if (!second.empty() && first.size() + second.size() <= joined.size()) {
        std::copy_n(second.data(), second.size(), std::copy_n(first.data(), first.size(), joined.data()));
        first = {joined.data(), first.size() + second.size()};
        second = {};
    }
    const auto part = [](std::string_view bytes) {
        return iovec{const_cast<char*>(bytes.data()), bytes.size()};
    };  // NOLINT
    std::array<iovec, 2> parts{part(first), part(second)};
    msghdr message{};
    message.msg_iov = parts.data();
    message.msg_iovlen = 2;
    for (;;) {
        const ssize_t n = second.empty() ? ::send(fd, first.data(), first.size(), MSG_NOSIGNAL)
                                         : ::sendmsg(fd, &message, MSG_NOSIGNAL);
        if (n >= 0) return {.bytes = static_cast<std::size_t>(n)};
        if (errno != EINTR) return failure();
    }
}

bool socket_ended(int fd) noexcept {
    pollfd state{.fd = fd, .events = POLLRDHUP, .revents = 0};
    return ::poll(&state, 1, 0) > 0;
}

void reset_on_close(int fd) noexcept {
    const linger option{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &option, sizeof option);
}

IoResult PlainTransport::read_some(std::span<char> buffer) noexcept { return read_socket(readiness_.fd(), buffer); }

IoResult PlainTransport::write_some(std::string_view first, std::string_view second) noexcept {
    return write_socket(readiness_.fd(), first, second);
}

bool PlainTransport::peer_ended() const noexcept { return socket_ended(readiness_.fd()); }

void PlainTransport::shutdown_write() noexcept { ::shutdown(readiness_.fd(), SHUT_WR); }

void PlainTransport::abort_on_close() noexcept { reset_on_close(readiness_.fd()); }

}  // namespace tokenweir::proxy
