/// The other end of a socket: what it sent, and the moment it leaves.
#pragma once

#include <array>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace tokenweir::mock {

/// A read is outstanding whenever there is room for its bytes, so that a peer that closes, half-closes or resets ends
/// every wait at once. Lives in a shared_ptr, which the outstanding read shares until `close`; one thread, and one
/// coroutine at a time.
class Peer : public std::enable_shared_from_this<Peer> {
public:
    explicit Peer(boost::asio::ip::tcp::socket socket);
    Peer(const Peer&) = delete;
    Peer& operator=(const Peer&) = delete;

    bool gone() const noexcept { return gone_; }

    /// What it sent and nobody took yet; the caller erases what it takes.
    std::string& unread() noexcept { return unread_; }

    /// Waits for more unread bytes than were `seen`; false when none will come.
    boost::asio::awaitable<bool> more(std::size_t seen);

    /// False as soon as the peer is gone.
    boost::asio::awaitable<bool> sleep_until(std::chrono::steady_clock::time_point instant);

    /// False when the bytes could not be handed to the system.
    boost::asio::awaitable<bool> write(std::string_view bytes);

    /// Sends a FIN and lets the peer read what came before it: closing on unread input would reset the connection.
    boost::asio::awaitable<void> finish();

    /// Sends a reset.
    void reset();

    void close();

private:
    void watch();
    void received(boost::system::error_code error, std::size_t bytes);

    boost::asio::ip::tcp::socket socket_;
    boost::asio::steady_timer timer_;  // the wait in progress; cancelled when the read completes
    std::array<char, 8'192> inbox_;    // where the outstanding read puts its bytes
    std::string unread_;
    bool reading_ = false;
    bool gone_ = false;
};

}  // namespace tokenweir::mock
