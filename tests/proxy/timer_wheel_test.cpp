/// The timer wheel, turned by hand.
#include "proxy/timer_wheel.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <memory>

using namespace std::chrono_literals;
using tokenweir::Instant;
using tokenweir::proxy::Callback;
using tokenweir::proxy::Deadline;
using tokenweir::proxy::TimerWheel;

namespace {

/// A wheel whose clock is stopped: time passes through turn_to() alone.
struct Turned {
    boost::asio::io_context io{1};
    TimerWheel wheel{io};
    Instant start = wheel.clock().now();

    Turned() { wheel.clock().stop(start); }

    Instant at(std::chrono::milliseconds offset) const { return start + offset; }
    void turn_to(std::chrono::milliseconds offset) {
        wheel.clock().stop(at(offset));
        wheel.advance(at(offset));
    }
};

struct Counter {
    int calls = 0;
    void call() { ++calls; }
    Callback callback() { return Callback::to<&Counter::call>(this); }
};

constexpr auto tick = TimerWheel::tick;
constexpr auto turn = 512 * tick;

}  // namespace

TEST_CASE("a deadline fires once, not before its time and at most two ticks after it") {
    for (const auto ahead : {0ms, 1ms, 49ms, 50ms, 51ms, 100ms, 999ms, 1000ms, 24'999ms}) {
        CAPTURE(ahead.count());
        Turned turned;
        Counter counter;
        Deadline deadline(turned.wheel);
        deadline.set(turned.at(ahead), counter.callback());
        turned.turn_to(ahead - 1ms);
        CHECK(counter.calls == 0);
        turned.turn_to(ahead + 2 * tick);
        CHECK(counter.calls == 1);
        turned.turn_to(ahead + 2 * turn);
        CHECK(counter.calls == 1);
    }
}

TEST_CASE("a deadline that is moved later fires at its new time only") {
    Turned turned;
    Counter counter;
    Deadline deadline(turned.wheel);
    deadline.set(turned.at(200ms), counter.callback());
    deadline.set(turned.at(700ms), counter.callback());
    turned.turn_to(650ms);
    CHECK(counter.calls == 0);
    turned.turn_to(700ms + 2 * tick);
    CHECK(counter.calls == 1);
}

TEST_CASE("a deadline that is moved earlier fires at its new time") {
    Turned turned;
    Counter counter;
    Deadline deadline(turned.wheel);
    deadline.set(turned.at(700ms), counter.callback());
    deadline.set(turned.at(200ms), counter.callback());
    turned.turn_to(200ms + 2 * tick);
    CHECK(counter.calls == 1);
}

TEST_CASE("setting a deadline anew replaces its callback") {
    Turned turned;
    Counter before, after;
    Deadline deadline(turned.wheel);
    deadline.set(turned.at(200ms), before.callback());
    deadline.set(turned.at(200ms), after.callback());
    turned.turn_to(200ms + 2 * tick);
    CHECK(before.calls == 0);
    CHECK(after.calls == 1);
}

TEST_CASE("a cancelled deadline does not fire, and can be set again") {
    Turned turned;
    Counter counter;
    Deadline deadline(turned.wheel);
    deadline.set(turned.at(200ms), counter.callback());
    deadline.cancel();
    turned.turn_to(400ms);
    CHECK(counter.calls == 0);
    deadline.set(turned.at(600ms), counter.callback());
    turned.turn_to(600ms + 2 * tick);
    CHECK(counter.calls == 1);
}

TEST_CASE("a destroyed deadline does not fire") {
    Turned turned;
    Counter counter;
    {
        Deadline deadline(turned.wheel);
        deadline.set(turned.at(200ms), counter.callback());
    }
    turned.turn_to(1s);
    CHECK(counter.calls == 0);
}

TEST_CASE("a deadline further ahead than the wheel's turn waits for its own") {
    for (const auto ahead : {turn - tick, turn, turn + tick, 3 * turn + 120ms}) {
        CAPTURE(ahead.count());
        Turned turned;
        Counter counter;
        Deadline deadline(turned.wheel);
        deadline.set(turned.at(ahead), counter.callback());
        turned.turn_to(ahead - 1ms);
        CHECK(counter.calls == 0);
        turned.turn_to(ahead + 2 * tick);
        CHECK(counter.calls == 1);
    }
}

TEST_CASE("a callback may destroy its own deadline and the one behind it") {
    struct Owner {
        std::unique_ptr<Deadline> first, second;
        int calls = 0;
        void call() {
            ++calls;
            first.reset();
            second.reset();
        }
    };
    Turned turned;
    Owner owner;
    owner.first = std::make_unique<Deadline>(turned.wheel);
    owner.second = std::make_unique<Deadline>(turned.wheel);
    owner.first->set(turned.at(200ms), Callback::to<&Owner::call>(&owner));
    owner.second->set(turned.at(200ms), Callback::to<&Owner::call>(&owner));
    turned.turn_to(1s);
    CHECK(owner.calls == 1);
}

TEST_CASE("a callback may set its own deadline again and another one") {
    struct Owner {
        Turned turned{};
        Deadline own{turned.wheel};
        Deadline other{turned.wheel};
        Counter counter{};
        int calls = 0;
        void call() {
            if (++calls > 1) return;
            own.set(turned.at(600ms), Callback::to<&Owner::call>(this));
            other.set(turned.at(400ms), counter.callback());
        }
    };
    Owner owner;
    owner.own.set(owner.turned.at(200ms), Callback::to<&Owner::call>(&owner));
    owner.turned.turn_to(350ms);
    CHECK(owner.calls == 1);
    CHECK(owner.counter.calls == 0);
    owner.turned.turn_to(400ms + 2 * tick);
    CHECK(owner.calls == 1);
    CHECK(owner.counter.calls == 1);
    owner.turned.turn_to(600ms + 2 * tick);
    CHECK(owner.calls == 2);
}

TEST_CASE("a callback that sets a deadline in the past is not called again in the same tick") {
    struct Owner {
        Turned turned{};
        Deadline own{turned.wheel};
        int calls = 0;
        void call() {
            ++calls;
            own.set(turned.at(0ms), Callback::to<&Owner::call>(this));
        }
    };
    Owner owner;
    owner.own.set(owner.turned.at(0ms), Callback::to<&Owner::call>(&owner));
    owner.turned.turn_to(2 * tick);
    for (int ticks = 3; ticks < 10; ++ticks) {
        const int before = owner.calls;
        owner.turned.turn_to(ticks * tick);
        CHECK(owner.calls == before + 1);
    }
}
