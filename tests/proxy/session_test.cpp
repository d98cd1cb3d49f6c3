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

TEST_CASE("a head that is refused is recorded with why, whose it is, and what could be read of it") {
    struct Row {
        const char* name;
        std::string head;
        std::string_view method, path, user_agent, reason;
        int status;
    };
    const Row rows[] = {
        {"a field in the middle", "POST /v1/x?key=s HTTP/1.1\r\nHost: p\r\nUser-Agent: a/1\r\nbad name: 1\r\n\r\n",
         "POST", "/v1/x", "a/1", "", 400},
        {"two lengths", "POST /v1/x HTTP/1.1\r\nHost: p\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n", "POST",
         "/v1/x", "", "", 400},
        {"no host", "GET /v1/x HTTP/1.1\r\nUser-Agent: a/1\r\n\r\n", "GET", "/v1/x", "a/1",
         "an HTTP/1.1 request has a Host field (RFC 9112 section 3.2)", 400},
        {"a line without CR", "GET /v1/x HTTP/1.1\r\nHost: p\nx", "GET", "/v1/x", "",
         "a line ends in LF without CR; lines end in CRLF (RFC 9112 section 2.2)", 400},
        {"a target with a user", "GET http://me:pw@p/x HTTP/1.1\r\nHost: p\r\n\r\n", "GET", "", "", "", 400},
        {"a target with control bytes", "GET /\x01\x02 HTTP/1.1\r\n", "GET", "", "", "", 400},
        {"a method that is none", "G\x01T / HTTP/1.1\r\n", "", "", "", "", 400},
        {"a version that is not served", "GET /v1/x HTTP/2.0\r\n", "GET", "/v1/x", "", "", 505},
        {"a line that is too long", "GET /" + std::string(20'000, 'x'), "", "", "", "the request line is too long",
         414},
        {"a head that is too long", "GET /v1/x HTTP/1.1\r\nHost: p\r\na: " + std::string(70'000, 'x') + "\r\n\r\n",
         "GET", "/v1/x", "", "the header section is too large", 431},
    };
    for (const Row& row : rows) {
        CAPTURE(row.name);
        Served served;
        proxy::parse_request_head("GET /before HTTP/1.1\r\nHost: p\r\nUser-Agent: b/1\r\n\r\n", {},
                                  served.services.request_head);  // the thread's request before
        served.start();
        served.client_sends(row.head);
        REQUIRE(served.records.calls.size() == 1);
        const LlmCall& call = *served.records.calls[0];
        CHECK(name_of(call.outcome) == "rejected");
        CHECK(call.status == row.status);
        CHECK(call.method == row.method);
        CHECK(call.path == row.path);
        CHECK(call.user_agent == row.user_agent);
        CHECK(call.client_address == "192.0.2.1");
        CHECK(call.trace.has_value());
        if (row.reason.empty())
            CHECK_FALSE(call.refusal.empty());
        else
            CHECK(call.refusal == row.reason);
    }
}

namespace {

/// A session whose request was refused, and whose client goes on sending.
struct Lingering : Served {
    Lingering() {
        start();
        client_sends("GET /v1/models\r\n\r\n");
        REQUIRE(client->shut_down());
        REQUIRE_FALSE(ended);
    }
    const std::string piece = std::string(32 * 1024, 'x');
};

}  // namespace

TEST_CASE("a client that is still sending can read our last words: what it sends is thrown away") {
    Lingering served;
    for (int i = 0; i < 300; ++i) served.client_sends(served.piece);  // 9.4 MiB
    CHECK_FALSE(served.ended);
    served.client->will_read_eof();
    served.client->fire_readable();
    CHECK(served.ended);
    CHECK_FALSE(served.client->aborts());
}

TEST_CASE("last words wait 1 s for a client that is silent and 5 s for one that goes on sending") {
    Lingering silent;
    silent.pass(900ms);
    CHECK_FALSE(silent.ended);
    silent.pass(100ms + 2 * proxy::TimerWheel::tick);
    CHECK(silent.ended);

    Lingering sending;
    for (int i = 0; i < 9; ++i) {
        sending.client_sends(sending.piece);
        sending.pass(500ms);
        CHECK_FALSE(sending.ended);
    }
    sending.client_sends(sending.piece);
    sending.pass(500ms + 2 * proxy::TimerWheel::tick);
    CHECK(sending.ended);
}

TEST_CASE(
    "whoever is thrown away much of at once leaves other connections their turn, and no more than 64 MiB is read") {
    Lingering served;
    const int reads = served.client->reads();
    for (int i = 0; i < 4096; ++i) served.client->will_read(served.piece);
    served.client->fire_readable();
    CHECK(served.client->reads() - reads < 100);
    int turns = 0;
    for (; !served.ended; ++turns) served.client->fire_readable();
    CHECK(turns > 20);
    CHECK(served.client->reads() - reads <= 2049);
}

TEST_CASE("a call for which there is no memory ends alone, with a 503 if nothing was sent yet") {
    for (const bool started : {false, true}) {
        CAPTURE(started);
        Served served;
        served.start();
        ScriptedTransport& upstream = served.add_upstream();
        served.client_sends(whole_request);
        upstream.will_fail_waiting();
        upstream.will_read(started ? "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no" : "HTTP/1.1 200 O");
        upstream.fire_readable();
        CHECK(served.client->written().starts_with(started ? "HTTP/1.1 200 OK\r\n" : "HTTP/1.1 503 "));
        CHECK(served.ended == started);
        REQUIRE(served.records.calls.size() == 1);
        const LlmCall& call = *served.records.calls[0];
        CHECK(name_of(call.outcome) == "rejected");
        CHECK(call.error_type == (started ? "_OTHER" : "503"));
        CHECK(call.refusal == "the proxy ran out of memory");
    }
}

TEST_CASE("a call whose upstream head finds no memory ends with its connection, and leaves a record") {
    Served served;
    served.records.decorating_fails = true;
    [](Served& its) -> proxy::Detached {
        try {
            co_await its.session->run();
        } catch (const std::bad_alloc&) {
            its.ended = true;
        }
    }(served);
    served.client_sends(whole_request);
    CHECK(served.ended);
    served.session.reset();  // as its server does
    REQUIRE(served.records.calls.size() == 1);
    CHECK(name_of(served.records.calls[0]->outcome) == "rejected");
}
