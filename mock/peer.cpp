#include "mock/peer.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <utility>

namespace tokenweir::mock {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using std::chrono::steady_clock;

constexpr std::size_t max_unread_bytes = 131'072;  // more than a request head may have
constexpr auto linger = std::chrono::seconds(2);   // for the peer to read the last bytes and close

}  // namespace

Peer::Peer(tcp::socket socket) : socket_(std::move(socket)), timer_(socket_.get_executor()) {
    error_code ignored;
    socket_.set_option(tcp::no_delay(true), ignored);
}

asio::awaitable<bool> Peer::more(std::size_t seen) {
    watch();
    while (!gone_ && unread_.size() == seen) {
        timer_.expires_at(steady_clock::time_point::max());
        co_await timer_.async_wait(asio::as_tuple(asio::use_awaitable));
    }
    co_return unread_.size() != seen;
}

asio::awaitable<bool> Peer::sleep_until(steady_clock::time_point instant) {
    watch();
    while (!gone_ && steady_clock::now() < instant) {
        timer_.expires_at(instant);
        co_await timer_.async_wait(asio::as_tuple(asio::use_awaitable));
    }
    co_return !gone_;
}

asio::awaitable<bool> Peer::write(std::string_view bytes) {
    const auto [error, written] =
        co_await asio::async_write(socket_, asio::buffer(bytes), asio::as_tuple(asio::use_awaitable));
    co_return !error;
}

asio::awaitable<void> Peer::finish() {
    error_code ignored;
    socket_.shutdown(tcp::socket::shutdown_send, ignored);
    const auto limit = steady_clock::now() + linger;
    while (!gone_ && steady_clock::now() < limit) {
        unread_.clear();
        watch();
        timer_.expires_at(limit);
        co_await timer_.async_wait(asio::as_tuple(asio::use_awaitable));
    }
}

void Peer::reset() {
    error_code ignored;
    socket_.set_option(asio::socket_base::linger(true, 0), ignored);
    socket_.close(ignored);
}

void Peer::close() {
    error_code ignored;
    socket_.close(ignored);
}

void Peer::watch() {
    if (reading_ || gone_ || unread_.size() >= max_unread_bytes) return;
    reading_ = true;
    socket_.async_read_some(asio::buffer(inbox_), [self = shared_from_this()](error_code error, std::size_t bytes) {
        self->received(error, bytes);
    });
}

void Peer::received(error_code error, std::size_t bytes) {
    reading_ = false;
    unread_.append(inbox_.data(), bytes);
    if (error) {
        gone_ = true;
        error_code ignored;
        socket_.cancel(ignored);  // a write that waits for a peer that will not read
    } else {
        watch();
    }
    timer_.cancel();
}

}  // namespace tokenweir::mock
