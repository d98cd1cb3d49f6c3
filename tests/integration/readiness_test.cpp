/// When a descriptor's readiness is reported: by the version that asks Asio's reactor and by the portable one.
#include "proxy/readiness.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/socket.h>

#include <array>
#include <chrono>

#include "tests/integration/sockets.hpp"

using namespace tokenweir;
using namespace tokenweir::test;
using namespace std::chrono_literals;

namespace {

struct Counted {
    int times = 0;
    void add() { ++times; }
    proxy::Callback callback() { return proxy::Callback::to<&Counted::add>(this); }
};

struct Pair {
    std::array<int, 2> ends = [] {
        std::array<int, 2> pair{};
        REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair.data()) == 0);
        return pair;
    }();
    boost::asio::io_context io{1};
    Socket other{ends[1]};
    proxy::Readiness readiness{io, ends[0]};

    void send() const { REQUIRE(::send(other.fd(), "x", 1, 0) == 1); }
    void turn() {
        io.restart();
        io.poll();
    }
};

}  // namespace

TEST_CASE("readable again is reported in the next turn, whether or not something was waited for") {
    for (const bool waiting : {false, true}) {
        CAPTURE(waiting);
        Pair pair;
        Counted before, again, after;
        if (waiting) pair.readiness.when_readable(before.callback());
        pair.turn();
        pair.readiness.readable_again(again.callback());
        CHECK(again.times == 0);
        pair.turn();
        CHECK(again.times == 1);
        CHECK(before.times == 0);

        pair.readiness.when_readable(after.callback());  // and the place is as good as new
        pair.turn();
        CHECK(after.times == 0);
        pair.send();
        pair.turn();
        CHECK(after.times == 1);
        CHECK(again.times == 1);
    }
}

TEST_CASE("what is asked for again may be ignored, and the descriptor may go meanwhile") {
    for (const bool waiting : {false, true}) {
        Counted before, again;
        {
            Pair pair;
            if (waiting) pair.readiness.when_readable(before.callback());
            pair.readiness.readable_again(again.callback());
            pair.readiness.ignore();
            pair.turn();
            pair.readiness.readable_again(again.callback());
        }
        CHECK(before.times == 0);
        CHECK(again.times == 0);
    }
}

TEST_CASE("what waits to write is not disturbed when reading is asked for again") {
    Pair pair;
    std::array<char, 4096> bytes{};
    while (::send(pair.ends[0], bytes.data(), bytes.size(), MSG_DONTWAIT) > 0) continue;
    Counted written, read, again;
    pair.readiness.when_readable(read.callback());
    pair.readiness.when_writable(written.callback());
    pair.turn();
    pair.readiness.readable_again(again.callback());
    pair.turn();
    CHECK(again.times == 1);
    CHECK(written.times == 0);
    while (pair.other.read()) continue;
    pair.turn();
    CHECK(written.times == 1);
}
