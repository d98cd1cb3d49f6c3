/// Connecting to whichever address of a host answers first (RFC 8305 §5).
#pragma once

#include <boost/asio/io_context.hpp>
#include <optional>
#include <string>
#include <vector>

#include "observation/clock.hpp"
#include "proxy/readiness.hpp"
#include "proxy/resolver.hpp"

namespace tokenweir::proxy {

/// `good` first, if it is among them; then its family and the other one take turns (RFC 8305 §4). Within a family the
/// order stays that of the resolver, which has sorted them (RFC 6724).
Addresses in_order_of_trying(Addresses addresses, const boost::asio::ip::address& good);

/// The attempts begin in the order of the addresses: each a moment after the one before, or at once when one has
/// failed. None is given up for another, so that an address that answers slowly is still an address.
class ConnectRace {
public:
    enum class State : std::uint8_t { running, connected, failed };

    /// RFC 8305 §5, "Connection Attempt Delay".
    static constexpr std::chrono::milliseconds attempt_delay{250};

    ConnectRace(boost::asio::io_context& io, const Addresses& addresses, std::uint16_t port);
    ConnectRace(const ConnectRace&) = delete;
    ConnectRace& operator=(const ConnectRace&) = delete;

    /// Sees what became of the attempts under way and begins those that are due. Costs a system call for each.
    State advance(Instant now);

    /// While running: when to advance without an event. Never, if every attempt has begun.
    Instant next_attempt() const noexcept { return next_ < attempts_.size() ? next_at_ : Instant::max(); }

    // The part of a stream that ReadyOrLate needs.
    void when_writable(Callback callback);
    void when_readable(Callback) noexcept {}
    void ignore() noexcept { event_ = {}; }

    // Once connected:
    Readiness take();
    const boost::asio::ip::address& address() const noexcept { return attempts_[winner_].address; }

    /// Otherwise: what became of each address.
    std::string what_failed() const;

private:
    struct Attempt {
        boost::asio::ip::address address;
        std::optional<Readiness> socket{};  ///< while it is under way, or connected
        std::string failure = "not tried within timeouts.connect";
    };

    /// An errno: 0 once connected, EINPROGRESS while under way.
    int begin(Attempt& attempt);
    static int outcome(const Attempt& attempt);
    void fail(Attempt& attempt, int error, Instant now);
    void on_event();

    boost::asio::io_context& io_;
    const std::uint16_t port_;
    std::vector<Attempt> attempts_;
    std::size_t next_ = 0, winner_ = 0;
    Instant next_at_ = Instant::min();
    Callback event_;
};

}  // namespace tokenweir::proxy
