/// A session between its calls: whom it answers itself, and when it notices that the client has gone.
#include "proxy/session.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <string_view>

#include "tests/proxy/served.hpp"

using namespace tokenweir;
using namespace tokenweir::test;
using namespace std::chrono_literals;
using namespace std::string_view_literals;

namespace {

constexpr auto whole_request = "GET /v1/models HTTP/1.1\r\nHost: proxy\r\n\r\n"sv;
constexpr auto answer = "HTTP/1.1 204 No Content\r\n\r\n"sv;
constexpr auto probe_time = 100ms + 2 * proxy::TimerWheel::tick;

}  // namespace

TEST_CASE("an end that came together with a request is noticed once the answer has been sent") {
    Served served;
    served.start();
    ScriptedTransport& upstream = served.add_upstream();
    served.client_sends(whole_request);
    upstream.will_read(answer);
    upstream.fire_readable();
    REQUIRE(served.records.calls.size() == 1);
    served.client->will_read_eof();  // readiness told of it with the request, and will not do so again
    CHECK_FALSE(served.ended);
    served.pass(probe_time);
    CHECK(served.ended);
}

TEST_CASE("an end that came together with half a head is noticed") {
    Served served;
    served.start();
    served.client_sends(whole_request.substr(0, 10));
    served.client->will_read_eof();
    served.pass(probe_time);
    CHECK(served.ended);
    CHECK(served.client->written().empty());
}

TEST_CASE("OPTIONS for the whole server goes to the upstream that serves everything") {
    Served served;
    served.start();
    ScriptedTransport& upstream = served.add_upstream();
    served.client_sends("OPTIONS * HTTP/1.1\r\nHost: proxy\r\n\r\n");
    CHECK(upstream.written().starts_with("OPTIONS * HTTP/1.1\r\nHost: upstream.test\r\n"));
}

TEST_CASE("a body that is malformed from its start is refused before any upstream is bothered") {
    for (const std::string_view start : {"x\r\n"sv, "5\r\nhelloX"sv}) {
        Served served;
        served.start();
        ScriptedTransport& upstream = served.add_upstream();
        served.client_sends(
            std::string("POST /v1/x HTTP/1.1\r\nHost: proxy\r\nTransfer-Encoding: chunked\r\n\r\n").append(start));
        CHECK(served.client->written().starts_with("HTTP/1.1 400 "));
        CHECK(upstream.written().empty());
        CHECK(served.counters.upstream_connections_idle.read() == 1);
        REQUIRE(served.records.calls.size() == 1);
        CHECK(served.records.calls[0]->outcome == Outcome::rejected);
    }
}

TEST_CASE("a client that stays is looked at once more, and then left alone until timeouts.keep_alive") {
    Served served;
    served.start();
    ScriptedTransport& upstream = served.add_upstream();
    served.client_sends(whole_request);
    upstream.will_read(answer);
    upstream.fire_readable();
    const int reads = served.client->reads();
    served.pass(probe_time);
    CHECK(served.client->reads() == reads + 1);
    served.pass(proxy::Timeouts{}.keep_alive - probe_time - 1ms);
    CHECK(served.client->reads() == reads + 1);
    CHECK_FALSE(served.ended);
    served.pass(1ms + 2 * proxy::TimerWheel::tick);
    CHECK(served.ended);
}

TEST_CASE("a reply of our own does not go into an interim head that is half sent: the connection is reset") {
    constexpr auto interim = "HTTP/1.1 103 Early Hints\r\n\r\n"sv;
    for (const std::size_t taken : {std::size_t{0}, std::size_t{10}, interim.size()}) {
        CAPTURE(taken);
        Served served;
        served.start();
        ScriptedTransport& upstream = served.add_upstream();
        served.client_sends(whole_request);
        if (taken == 0)
            served.client->will_block_writing();
        else
            served.client->will_take(taken);
        upstream.will_read(interim);
        upstream.fire_readable();
        served.pass(proxy::Timeouts{}.first_byte + 2 * proxy::TimerWheel::tick);
        REQUIRE(served.records.calls.size() == 1);
        const LlmCall& call = *served.records.calls[0];
        CHECK(call.error_type == "first_byte_timeout");
        if (taken == interim.size()) {
            CHECK(call.status == 504);
            CHECK(served.client->written().starts_with(std::string(interim) + "HTTP/1.1 504 "));
        } else {
            CHECK(call.status == std::nullopt);
            CHECK(served.client->written() == interim.substr(0, taken));
            CHECK(served.client->aborts());
            CHECK(served.ended);
        }
    }
}
