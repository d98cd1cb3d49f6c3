/// Names and their look-ups: which of them wait, for what, and who shares an answer.
#include "proxy/resolver.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <new>
#include <string>
#include <thread>
#include <vector>

#include "proxy/connect_race.hpp"

using namespace tokenweir;
using namespace std::chrono_literals;
using proxy::Addresses;
using proxy::Resolver;

namespace {

Addresses addresses(std::initializer_list<const char*> texts) {
    Addresses found;
    for (const char* text : texts) found.push_back(boost::asio::ip::make_address(text));
    return found;
}

/// A resolver of the system that answers what and when the test says. Shared with the look-ups, which may outlive it.
class ScriptedLookUps {
public:
    /// Of each look-up, in its order; those behind the last one go unanswered for as long as this lives.
    void will_answer(const std::string& name, Resolver::Answer answer) {
        promise_of(name, answered_[name]++)->set_value(std::move(answer));
    }
    int begun() const { return begun_; }

    /// Returns once a look-up has begun that had not before.
    void wait_for(int count) const {
        for (int seen = begun_; seen < count; seen = begun_) begun_.wait(seen);
    }

    static Resolver resolver(const std::shared_ptr<ScriptedLookUps>& self) {
        return Resolver([self](const std::string& name) { return self->look_up(name); });
    }

private:
    using Promise = std::shared_ptr<std::promise<Resolver::Answer>>;

    Promise promise_of(const std::string& name, int turn) {
        const std::lock_guard lock(mutex_);
        Promise& promise = promises_[{name, turn}];
        if (!promise) promise = std::make_shared<std::promise<Resolver::Answer>>();
        return promise;
    }
    Resolver::Answer look_up(const std::string& name) {
        int turn = 0;
        {
            const std::lock_guard lock(mutex_);
            turn = turns_[name]++;
        }
        const Promise promise = promise_of(name, turn);
        ++begun_;
        begun_.notify_all();
        return promise->get_future().get();
    }

    std::mutex mutex_;
    std::map<std::pair<std::string, int>, Promise> promises_;
    std::map<std::string, int> turns_, answered_;
    std::atomic<int> begun_{0};
};

/// A resolver, and a thread that asks it.
struct Asking {
    std::shared_ptr<ScriptedLookUps> look_ups = std::make_shared<ScriptedLookUps>();
    Resolver resolver = ScriptedLookUps::resolver(look_ups);
    boost::asio::io_context io{1};
    const boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work{io.get_executor()};
    Instant now{1h};

    struct Asked {
        Asked(Asking& by, const std::string& name) : question(by.resolver, name, by.io, by.now) {
            question.when_readable(proxy::Callback::to<&Asked::count>(this));
        }
        void count() { ++told; }
        Addresses addresses() const {
            return question.answer() != nullptr ? question.answer()->addresses : Addresses();
        }
        std::string error() const { return question.answer() != nullptr ? question.answer()->error : ""; }

        Resolver::Question question;
        int told = 0;
    };

    void wait_for(const Asked& asked) {
        while (asked.question.answer() == nullptr) REQUIRE(io.run_one_for(10s) == 1);
    }
};

}  // namespace

TEST_CASE("a name that was never resolved is waited for, and told once") {
    Asking a;
    Asking::Asked asked(a, "one.test");
    CHECK(asked.question.answer() == nullptr);
    a.look_ups->will_answer("one.test", {addresses({"192.0.2.1", "192.0.2.2"}), ""});
    a.wait_for(asked);
    CHECK(asked.told == 1);
    CHECK(asked.addresses() == addresses({"192.0.2.1", "192.0.2.2"}));
    CHECK(asked.error().empty());
}

TEST_CASE("a look-up that has no memory says so") {
    Resolver resolver([](const std::string&) -> Resolver::Answer { throw std::bad_alloc(); });
    boost::asio::io_context io{1};
    const auto work = boost::asio::make_work_guard(io);
    const Resolver::Question question(resolver, "one.test", io, Instant(1h));
    if (question.answer() == nullptr) REQUIRE(io.run_one_for(10s) == 1);
    REQUIRE(question.answer() != nullptr);
    CHECK(question.answer()->error == "out of memory");
}

TEST_CASE("those who ask for one name at a time share one look-up, on whatever thread they are") {
    Asking a;
    boost::asio::io_context other_io{1};
    const auto work = boost::asio::make_work_guard(other_io);
    Asking::Asked first(a, "one.test"), second(a, "one.test");
    Resolver::Question elsewhere(a.resolver, "one.test", other_io, a.now);
    a.look_ups->will_answer("one.test", {addresses({"192.0.2.1"}), ""});
    a.wait_for(first);
    a.wait_for(second);
    CHECK(a.look_ups->begun() == 1);
    REQUIRE(other_io.run_one_for(10s) == 1);
    REQUIRE(elsewhere.answer() != nullptr);
    CHECK(elsewhere.answer()->addresses == addresses({"192.0.2.1"}));
}

TEST_CASE("a name that nobody answers for holds up no other") {
    Asking a;
    std::vector<std::unique_ptr<Asking::Asked>> waiting;
    for (int i = 0; i < 32; ++i)
        waiting.push_back(std::make_unique<Asking::Asked>(a, "slow" + std::to_string(i) + ".test"));
    Asking::Asked asked(a, "one.test");
    a.look_ups->will_answer("one.test", {addresses({"192.0.2.1"}), ""});
    a.wait_for(asked);
    CHECK(asked.addresses() == addresses({"192.0.2.1"}));
    for (int i = 0; i < 32; ++i) {
        CHECK(waiting[static_cast<std::size_t>(i)]->question.answer() == nullptr);
        a.look_ups->will_answer("slow" + std::to_string(i) + ".test", {{}, "too late"});  // so that its thread ends
    }
}

TEST_CASE("an answer is believed for its time, then serves on while it is renewed") {
    Asking a;
    Asking::Asked first(a, "one.test");
    a.look_ups->will_answer("one.test", {addresses({"192.0.2.1"}), ""});
    a.wait_for(first);

    a.now += Resolver::fresh_time - 1ms;
    CHECK(Asking::Asked(a, "one.test").addresses() == addresses({"192.0.2.1"}));
    CHECK(a.look_ups->begun() == 1);

    a.now += 1ms;
    CHECK(Asking::Asked(a, "one.test").addresses() == addresses({"192.0.2.1"}));
    a.look_ups->wait_for(2);
    CHECK(Asking::Asked(a, "one.test").addresses() == addresses({"192.0.2.1"}));
    CHECK(a.look_ups->begun() == 2);

    a.look_ups->will_answer("one.test", {addresses({"192.0.2.9"}), ""});
    while (Asking::Asked(a, "one.test").addresses() != addresses({"192.0.2.9"})) std::this_thread::yield();
    CHECK(a.look_ups->begun() == 2);
}

TEST_CASE("a renewal that fails leaves the last good addresses, and is tried again a moment later") {
    Asking a;
    Asking::Asked first(a, "one.test");
    a.look_ups->will_answer("one.test", {addresses({"192.0.2.1"}), ""});
    a.wait_for(first);
    a.now += Resolver::fresh_time;
    a.look_ups->will_answer("one.test", {{}, "SERVFAIL"});
    while (Asking::Asked(a, "one.test").error() != "SERVFAIL") std::this_thread::yield();
    CHECK(Asking::Asked(a, "one.test").addresses() == addresses({"192.0.2.1"}));
    CHECK(a.look_ups->begun() == 2);

    a.now += Resolver::fresh_time_of_failure;
    CHECK(Asking::Asked(a, "one.test").addresses() == addresses({"192.0.2.1"}));
    a.look_ups->wait_for(3);
    a.look_ups->will_answer("one.test", {addresses({"192.0.2.2"}), ""});
    while (Asking::Asked(a, "one.test").addresses() != addresses({"192.0.2.2"})) std::this_thread::yield();
    CHECK(Asking::Asked(a, "one.test").error().empty());
}

TEST_CASE("an answer that is too old waits for its renewal, and serves on only where that fails") {
    for (const bool renewed : {true, false}) {
        CAPTURE(renewed);
        Asking a;
        Asking::Asked first(a, "one.test");
        a.look_ups->will_answer("one.test", {addresses({"192.0.2.1"}), ""});
        a.wait_for(first);
        a.now += Resolver::serving_time;
        Asking::Asked second(a, "one.test");
        CHECK(second.question.answer() == nullptr);
        a.look_ups->will_answer("one.test",
                                {renewed ? addresses({"192.0.2.9"}) : Addresses(), renewed ? "" : "SERVFAIL"});
        a.wait_for(second);
        CHECK(second.addresses() == addresses({renewed ? "192.0.2.9" : "192.0.2.1"}));
        CHECK(second.error() == (renewed ? "" : "SERVFAIL"));
    }
}

TEST_CASE("a renewal that goes unanswered is waited for a moment, once for all, and then what is known will do") {
    Asking a;
    Asking::Asked unknown(a, "one.test");
    CHECK(unknown.question.patience_ends() == Instant::max());
    CHECK(unknown.question.known().empty());
    a.look_ups->will_answer("one.test", {addresses({"192.0.2.1"}), ""});
    a.wait_for(unknown);
    a.now += Resolver::serving_time;
    const Instant asked = a.now;
    for (const auto since : {0ms, 500ms, 10'000ms}) {
        a.now = asked + since;
        Asking::Asked late(a, "one.test");
        CHECK(late.question.answer() == nullptr);
        CHECK(late.question.patience_ends() == asked + Resolver::patience);
        CHECK(late.question.known() == addresses({"192.0.2.1"}));
    }
    a.look_ups->wait_for(2);
    CHECK(a.look_ups->begun() == 2);
    a.look_ups->will_answer("one.test", {{}, "too late"});  // so that its thread ends
}

TEST_CASE("a failure without addresses is told, is believed for a moment, and then looked up anew") {
    Asking a;
    Asking::Asked first(a, "one.test");
    a.look_ups->will_answer("one.test", {{}, "no such host"});
    a.wait_for(first);
    CHECK(first.error() == "no such host");

    a.now += Resolver::fresh_time_of_failure - 1ms;
    CHECK(Asking::Asked(a, "one.test").error() == "no such host");
    CHECK(a.look_ups->begun() == 1);

    a.now += 1ms;
    Asking::Asked second(a, "one.test");
    CHECK(second.question.answer() == nullptr);
    a.look_ups->will_answer("one.test", {addresses({"192.0.2.1"}), ""});
    a.wait_for(second);
    CHECK(second.addresses() == addresses({"192.0.2.1"}));
}

TEST_CASE("whoever no longer waits is not told, and the answer serves the next") {
    Asking a;
    {
        Asking::Asked gone(a, "one.test");
        Asking::Asked deaf(a, "one.test");
        deaf.question.ignore();
        a.look_ups->will_answer("one.test", {addresses({"192.0.2.1"}), ""});
        a.wait_for(deaf);
        CHECK(deaf.told == 0);
    }
    CHECK(Asking::Asked(a, "one.test").addresses() == addresses({"192.0.2.1"}));
}

TEST_CASE("a resolver may end before its look-ups do") {
    const auto look_ups = std::make_shared<ScriptedLookUps>();
    {
        Resolver resolver = ScriptedLookUps::resolver(look_ups);
        boost::asio::io_context io{1};
        const Resolver::Question question(resolver, "slow.test", io, Instant());
        look_ups->wait_for(1);
    }
    look_ups->will_answer("slow.test", {addresses({"192.0.2.1"}), ""});
}

TEST_CASE("the system's resolver knows this machine, and says why it does not know what is no name") {
    Resolver resolver;
    boost::asio::io_context io{1};
    const auto work = boost::asio::make_work_guard(io);
    const auto answer_for = [&](const std::string& name) {
        const Resolver::Question question(resolver, name, io, Instant());
        while (question.answer() == nullptr) REQUIRE(io.run_one_for(10s) == 1);
        return *question.answer();
    };
    const Addresses found = answer_for("localhost").addresses;
    REQUIRE_FALSE(found.empty());
    for (const auto& address : found) CHECK(address.is_loopback());
    const Resolver::Answer unknown = answer_for(std::string(64, 'x'));
    CHECK(unknown.addresses.empty());
    CHECK_FALSE(unknown.error.empty());
}

TEST_CASE("the families of addresses take turns, and the one that was good comes first") {
    struct Row {
        Addresses found;
        const char* good;
        Addresses tried;
    };
    const Row rows[] = {
        {addresses({"::1", "::2", "::3", "1.1.1.1", "1.1.1.2"}), "0.0.0.0",
         addresses({"::1", "1.1.1.1", "::2", "1.1.1.2", "::3"})},
        {addresses({"1.1.1.1", "::1", "::2"}), "0.0.0.0", addresses({"1.1.1.1", "::1", "::2"})},
        {addresses({"::1", "::2", "1.1.1.1", "1.1.1.2"}), "1.1.1.2", addresses({"1.1.1.2", "::1", "1.1.1.1", "::2"})},
        {addresses({"1.1.1.1", "1.1.1.2", "1.1.1.3"}), "1.1.1.2", addresses({"1.1.1.2", "1.1.1.1", "1.1.1.3"})},
        {addresses({"::1"}), "1.1.1.1", addresses({"::1"})},
    };
    for (const Row& row : rows)
        CHECK(proxy::in_order_of_trying(row.found, boost::asio::ip::make_address(row.good)) == row.tried);
}
