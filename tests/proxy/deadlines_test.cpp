/// Every limit of time on a call or a connection: when it passes, what becomes of it, and that there can be none.
#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <string_view>

#include "proxy/timer_wheel.hpp"
#include "tests/proxy/served.hpp"

using namespace tokenweir;
using namespace tokenweir::test;
using namespace std::chrono_literals;
using namespace std::string_view_literals;
using proxy::Timeouts;

namespace {

constexpr auto limit = 1300ms;
constexpr auto late = 2 * proxy::TimerWheel::tick;

constexpr auto whole_request = "GET /v1/models HTTP/1.1\r\nHost: proxy\r\n\r\n"sv;
constexpr auto upload_head = "POST /v1/files HTTP/1.1\r\nHost: proxy\r\nContent-Length: 9\r\n\r\n"sv;
constexpr auto stream_head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"sv;
constexpr auto answer = "HTTP/1.1 204 No Content\r\n\r\n"sv;

/// What a client gets, and what a record says, when time is up.
struct Verdict {
    std::string_view client_gets;  ///< how that begins which it gets from then on
    bool recorded = true;
    Outcome outcome = Outcome::timeout;
    std::string_view error_type = "";
};

struct Row {
    std::string_view name;
    std::chrono::milliseconds Timeouts::*timeout;
    void (*arrange)(Served&);  ///< brings the connection where only this limit ends its wait
    Verdict expected;
    std::chrono::milliseconds elapsed{0};  ///< what of the limit has passed then
};

const Row rows[] = {
    {"timeouts.first_byte: no response head",
     &Timeouts::first_byte,
     [](Served& served) {
         served.add_upstream();
         served.client_sends(whole_request);
     },
     {"HTTP/1.1 504 ", true, Outcome::timeout, "first_byte_timeout"}},
    {"timeouts.first_byte: part of a response head",
     &Timeouts::first_byte,
     [](Served& served) {
         ScriptedTransport& upstream = served.add_upstream();
         served.client_sends(whole_request);
         upstream.will_read("HTTP/1.1 2");
         upstream.fire_readable();
     },
     {"HTTP/1.1 504 ", true, Outcome::timeout, "first_byte_timeout"}},
    {"timeouts.first_byte: counts from the last interim response",
     &Timeouts::first_byte,
     [](Served& served) {
         ScriptedTransport& upstream = served.add_upstream();
         served.client_sends(whole_request);
         served.pass(limit - 10ms);
         upstream.will_read("HTTP/1.1 103 Early Hints\r\n\r\n");
         upstream.fire_readable();
     },
     {"HTTP/1.1 504 ", true, Outcome::timeout, "first_byte_timeout"}},
    {"timeouts.idle: a response body stops",
     &Timeouts::idle,
     [](Served& served) {
         ScriptedTransport& upstream = served.add_upstream();
         served.client_sends(whole_request);
         upstream.will_read(stream_head);
         upstream.fire_readable();
         served.pass(limit - 10ms);
         upstream.will_read("5\r\nhello\r\n");
         upstream.fire_readable();
     },
     {"", true, Outcome::timeout, "idle_timeout"}},
    {"timeouts.idle: the client takes no more of a response",
     &Timeouts::idle,
     [](Served& served) {
         ScriptedTransport& upstream = served.add_upstream();
         served.client_sends(whole_request);
         served.client->will_block_writing();
         upstream.will_read(stream_head);
         upstream.fire_readable();
     },
     {"", true, Outcome::timeout, "idle_timeout"}},
    {"timeouts.idle: the upstream takes no more of a request",
     &Timeouts::idle,
     [](Served& served) {
         ScriptedTransport& upstream = served.add_upstream();
         upstream.will_take(upload_head.size());
         served.client_sends(std::string(upload_head).append("whole pie"));
     },
     {"HTTP/1.1 504 ", true, Outcome::timeout, "idle_timeout"}},
    {"timeouts.idle: the upstream took some of a request",
     &Timeouts::idle,
     [](Served& served) {
         ScriptedTransport& upstream = served.add_upstream();
         upstream.will_take(20);
         served.client_sends(upload_head);
         served.pass(limit - 10ms);
         upstream.will_take(20);
         upstream.fire_writable();
     },
     {"HTTP/1.1 504 ", true, Outcome::timeout, "idle_timeout"}},
    {"timeouts.first_byte: counts from the byte of the request that the upstream took last",
     &Timeouts::first_byte,
     [](Served& served) {
         ScriptedTransport& upstream = served.add_upstream();
         upstream.will_take(20);
         served.client_sends(std::string(upload_head).append("all of it"));
         served.pass(2 * limit);
         upstream.fire_writable();
     },
     {"HTTP/1.1 504 ", true, Outcome::timeout, "first_byte_timeout"}},
    {"timeouts.client_idle: a request body stops",
     &Timeouts::client_idle,
     [](Served& served) {
         served.add_upstream();
         served.client_sends(upload_head);
         served.pass(limit - 10ms);
         served.client_sends("half");
     },
     {"HTTP/1.1 408 ", true, Outcome::timeout, "idle_timeout"}},
    {"timeouts.client_idle: a request body does not begin after its 100",
     &Timeouts::client_idle,
     [](Served& served) {
         ScriptedTransport& upstream = served.add_upstream();
         served.client_sends(upload_head);
         served.pass(limit - 10ms);
         upstream.will_read("HTTP/1.1 100 Continue\r\n\r\n");
         upstream.fire_readable();
     },
     {"HTTP/1.1 408 ", true, Outcome::timeout, "idle_timeout"}},
    {"timeouts.client_header: nothing comes on a new connection",
     &Timeouts::client_header,
     [](Served&) {},
     {"", false}},
    {"timeouts.client_header: a first head stops",
     &Timeouts::client_header,
     [](Served& served) {
         served.client_sends("GET /v1/models HT");
         served.pass(limit / 2);
         served.client_sends("TP/1.1\r\n");  // a byte now and then earns no more time
     },
     {"HTTP/1.1 408 ", false},
     limit / 2},
    {"timeouts.client_header: counts from the first byte of a later head",
     &Timeouts::client_header,
     [](Served& served) {
         ScriptedTransport& upstream = served.add_upstream();
         served.client_sends(whole_request);
         upstream.will_read(answer);
         upstream.fire_readable();
         served.pass(3 * limit);
         served.client_sends("GET ");
     },
     {"HTTP/1.1 408 ", false}},
    {"timeouts.keep_alive: nothing comes behind a request",
     &Timeouts::keep_alive,
     [](Served& served) {
         ScriptedTransport& upstream = served.add_upstream();
         served.client_sends(whole_request);
         upstream.will_read(answer);
         upstream.fire_readable();
     },
     {"", false}},
};

constexpr Timeouts no_limits{0ms, 0ms, 0ms, 0ms, 0ms, 0ms, 0ms, 0ms, 0ms};

}  // namespace

TEST_CASE("each limit of a call passes at its time and not before, with its reply, outcome and error type") {
    for (const Row& row : rows) {
        CAPTURE(row.name);
        Timeouts timeouts = no_limits;
        timeouts.*row.timeout = limit;
        Served served(timeouts);
        served.start();
        row.arrange(served);
        const std::string before = served.client->written();
        const std::size_t records = served.records.calls.size();

        served.pass(limit - row.elapsed - 1ms);
        CHECK_FALSE(served.ended);
        CHECK(served.client->written() == before);
        CHECK(served.records.calls.size() == records);

        served.pass(1ms + late);
        const std::string after = served.client->written().substr(before.size());
        CHECK(after.starts_with(row.expected.client_gets));
        CHECK(after.empty() == row.expected.client_gets.empty());
        REQUIRE(served.records.calls.size() == records + (row.expected.recorded ? 1 : 0));
        if (row.expected.recorded) {
            CHECK(served.records.calls.back()->outcome == row.expected.outcome);
            CHECK(served.records.calls.back()->error_type == row.expected.error_type);
        }
        served.pass(2s);  // for the client to read its reply
        CHECK(served.ended);
    }
}

TEST_CASE("without a limit nothing ends by itself") {
    for (const Row& row : rows) {
        CAPTURE(row.name);
        Served served(no_limits);
        served.start();
        row.arrange(served);
        const std::string before = served.client->written();
        const std::size_t records = served.records.calls.size();
        served.pass(1h);
        CHECK_FALSE(served.ended);
        CHECK(served.client->written() == before);
        CHECK(served.records.calls.size() == records);
    }
}

TEST_CASE("an idle upstream connection is closed at timeouts.pool_idle, or never") {
    Timeouts timeouts = no_limits;
    timeouts.pool_idle = limit;
    Served limited(timeouts), unlimited(no_limits);
    for (Served* served : {&limited, &unlimited}) {
        served->add_upstream();
        served->pass(limit - 1ms);
        CHECK(served->counters.upstream_connections_idle.read() == 1);
        served->pass(1ms + late);
    }
    CHECK(limited.counters.upstream_connections_idle.read() == 0);
    CHECK(limited.services.routing->targets[0].upstream->pool.take() == nullptr);
    unlimited.pass(1h);
    CHECK(unlimited.counters.upstream_connections_idle.read() == 1);
}
