#include "proxy/connect_race.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/ip/tcp.hpp>
#include <cerrno>
#include <system_error>
#include <utility>

namespace tokenweir::proxy {

using boost::asio::ip::tcp;

Addresses in_order_of_trying(Addresses addresses, const boost::asio::ip::address& good) {
    if (const auto found = std::ranges::find(addresses, good); found != addresses.end())
        std::rotate(addresses.begin(), found, std::next(found));
    Addresses first, other, mixed;
    for (const auto& address : addresses)
        (address.is_v4() == addresses.front().is_v4() ? first : other).push_back(address);
    for (std::size_t i = 0; i < std::max(first.size(), other.size()); ++i) {
        if (i < first.size()) mixed.push_back(first[i]);
        if (i < other.size()) mixed.push_back(other[i]);
    }
    return mixed;
}

ConnectRace::ConnectRace(boost::asio::io_context& io, const Addresses& addresses, std::uint16_t port)
    : io_(io), port_(port) {
    attempts_.reserve(addresses.size());
    for (const auto& address : addresses) attempts_.push_back({.address = address});
}

ConnectRace::State ConnectRace::advance(Instant now) {
    const auto connected = [&](const Attempt& attempt) {
        winner_ = static_cast<std::size_t>(&attempt - attempts_.data());
        return State::connected;
    };
    for (Attempt& attempt : attempts_) {
        if (!attempt.socket) continue;
        const int error = outcome(attempt);
        if (error == 0) return connected(attempt);
        if (error != EINPROGRESS) fail(attempt, error, now);
    }
    while (next_ < attempts_.size() && now >= next_at_) {
        Attempt& attempt = attempts_[next_++];
        next_at_ = now + attempt_delay;
        const int error = begin(attempt);
        if (error == 0) return connected(attempt);
        if (error != EINPROGRESS) fail(attempt, error, now);
    }
    const bool running = std::ranges::any_of(attempts_, [](const Attempt& attempt) { return !!attempt.socket; });
    return running ? State::running : State::failed;
}

int ConnectRace::begin(Attempt& attempt) {
    const tcp::endpoint endpoint(attempt.address, port_);
    const int fd = ::socket(endpoint.protocol().family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return errno;
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    const int error = ::connect(fd, endpoint.data(), static_cast<socklen_t>(endpoint.size())) == 0 ? 0 : errno;
    attempt.socket.emplace(io_, fd);
    attempt.failure = "no answer within timeouts.connect";
    return error;
}

int ConnectRace::outcome(const Attempt& attempt) {
    pollfd state{.fd = attempt.socket->fd(), .events = POLLOUT, .revents = 0};
    if (::poll(&state, 1, 0) == 0) return EINPROGRESS;
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(attempt.socket->fd(), SOL_SOCKET, SO_ERROR, &error, &size);
    return error;
}

void ConnectRace::fail(Attempt& attempt, int error, Instant now) {
    attempt.socket.reset();
    attempt.failure = std::generic_category().message(error);
    next_at_ = now;
}

void ConnectRace::when_writable(Callback callback) {
    event_ = callback;
    for (Attempt& attempt : attempts_)
        if (attempt.socket) attempt.socket->when_writable(Callback::to<&ConnectRace::on_event>(this));
}

void ConnectRace::on_event() {
    if (const Callback event = std::exchange(event_, {})) event();
}

Readiness ConnectRace::take() {
    Readiness& socket = *attempts_[winner_].socket;
    socket.ignore();
    return std::move(socket);
}

std::string ConnectRace::what_failed() const {
    if (attempts_.size() == 1) return attempts_.front().failure;
    std::string text;
    for (const Attempt& attempt : attempts_)
        text.append(text.empty() ? "" : "; ").append(attempt.address.to_string()).append(": ").append(attempt.failure);
    return text;
}

}  // namespace tokenweir::proxy
