/// Names to addresses, for all threads: one look-up of a name at a time, and its answer serves on while it is renewed.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "observation/clock.hpp"
#include "proxy/callback.hpp"

namespace tokenweir::proxy {

using Addresses = std::vector<boost::asio::ip::address>;

/// Each look-up has a thread of its own while it lasts, since the system's resolver blocks, for half a minute where
/// nobody answers: a slow name delays only those who need it. As many as there are names of upstreams at most.
class Resolver {
public:
    struct Answer {
        Addresses addresses;
        std::string error;  ///< empty, or why the last look-up found nothing; `addresses` are those found before
    };
    using LookUp = std::function<Answer(const std::string& name)>;
    class Question;

    /// How long an answer is fresh: the system's resolver does not tell a name's time to live. Counted from the asking.
    static constexpr std::chrono::seconds fresh_time{30};
    static constexpr std::chrono::seconds fresh_time_of_failure{1};

    /// How old an answer serves on while it is renewed. An older one is used where the renewal fails, or is still under
    /// way when patience is over (RFC 8767 §5: "client response timer").
    static constexpr std::chrono::seconds serving_time{60};
    static constexpr std::chrono::milliseconds patience{1800};

    /// `look_up` runs on threads that may outlive the resolver. It throws nothing but std::bad_alloc.
    explicit Resolver(LookUp look_up = ask_system);
    ~Resolver();
    Resolver(const Resolver&) = delete;
    Resolver& operator=(const Resolver&) = delete;

private:
    struct State;
    static Answer ask_system(const std::string& name);

    const std::shared_ptr<State> state_;  // shared with the look-ups under way
};

/// One wait for the addresses of a name. Belongs to the thread of `io`, and is gone before it and before the resolver.
class Resolver::Question {
public:
    /// Answered at once by what is known, unless that is too old. Begins a look-up, unless one is under way or the last
    /// is fresh at `now`.
    Question(Resolver& resolver, const std::string& name, boost::asio::io_context& io, Instant now);
    ~Question();
    Question(const Question&) = delete;
    Question& operator=(const Question&) = delete;

    /// Null: not yet.
    const Answer* answer() const noexcept { return waiter_->answer ? &*waiter_->answer : nullptr; }

    /// While there is no answer: when `known` is to be taken for it. Never, if nothing is known.
    Instant patience_ends() const noexcept { return waiter_->patience_ends; }
    const Addresses& known() const noexcept { return waiter_->known; }

    // The part of a stream that ReadyOrLate needs.
    void when_readable(Callback callback) noexcept { waiter_->answered = callback; }
    void when_writable(Callback) noexcept {}
    void ignore() noexcept { waiter_->answered = {}; }

private:
    friend struct Resolver::State;
    struct Waiter {  // shared with what was posted to `io`
        boost::asio::io_context& io;
        Callback answered{};
        std::optional<Answer> answer{};
        Addresses known{};
        Instant patience_ends = Instant::max();
    };

    const std::shared_ptr<State> state_;
    const std::string name_;
    const std::shared_ptr<Waiter> waiter_;
};

}  // namespace tokenweir::proxy
