#include "tracing/pace.hpp"

#include <doctest/doctest.h>

#include <thread>

namespace tokenweir::tracing {
namespace {

using namespace std::chrono_literals;

/// A thread with nothing to do, from the moment on at which it sleeps.
struct Sleeper {
    std::mutex mutex;
    Pace pace;
    bool urgent = false, done = false;
    int looks = 0;
    std::jthread thread{[this] {
        std::unique_lock lock(mutex);
        pace.rest(
            lock, 1ms, [&] { return urgent; }, [&] { return ++looks > 0; });
        done = true;
    }};

    std::unique_lock<std::mutex> asleep() {
        std::unique_lock lock(mutex);
        for (; looks == 0; lock.lock()) {
            lock.unlock();
            std::this_thread::yield();
        }
        return lock;
    }
};

TEST_SUITE("pace") {
    TEST_CASE("while there is work, a rest takes an interval") {
        std::mutex mutex;
        std::unique_lock lock(mutex);
        int looks = 0;
        Pace().rest(
            lock, 1ms, [] { return false; }, [&] { return ++looks == 0; });
        CHECK(looks == 1);
        Pace().rest(
            lock, 1h, [] { return true; }, [&] { return ++looks == 0; });
        CHECK(looks == 1);
    }

    TEST_CASE("a thread without work looks once and sleeps until it is roused") {
        Sleeper sleeper;
        {
            const auto lock = sleeper.asleep();
            CHECK(!sleeper.done);
            sleeper.pace.rouse();
        }
        sleeper.thread.join();
        CHECK(sleeper.done);
        CHECK(sleeper.looks == 1);
    }

    TEST_CASE("what is urgent ends its sleep") {
        Sleeper sleeper;
        {
            const auto lock = sleeper.asleep();
            sleeper.urgent = true;
            sleeper.pace.hurry();
        }
        sleeper.thread.join();
        CHECK(sleeper.done);
    }
}

}  // namespace
}  // namespace tokenweir::tracing
