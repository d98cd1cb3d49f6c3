/// A session while the proxy is going away: which request is still served, and when the connection ends.
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
constexpr auto late = 2 * proxy::TimerWheel::tick;

struct Draining : Served {
    Draining() { start(); }

    void drain() {
        services.draining = true;
        session->drain();
    }
    void answer_with(ScriptedTransport& upstream, std::string_view bytes) {
        upstream.will_read(bytes);
        upstream.fire_readable();
    }
    void serve_one() {
        ScriptedTransport& upstream = add_upstream();
        client_sends(whole_request);
        answer_with(upstream, answer);
        REQUIRE(records.calls.size() == 1);
        REQUIRE_FALSE(ended);
    }

    /// What the client was sent since the last time.
    std::string news() {
        const std::string text = client->written().substr(seen);
        seen = client->written().size();
        return text;
    }

    bool answered_for_the_last_time() {
        const std::string text = news();
        return text.starts_with("HTTP/1.1 204 No Content\r\n") && text.ends_with("Connection: close\r\n\r\n");
    }

    std::size_t seen = 0;
};

}  // namespace

TEST_CASE("draining ends an idle connection that has been used") {
    Draining served;
    served.serve_one();
    served.drain();
    CHECK(served.ended);
    CHECK(served.records.calls.size() == 1);
}

TEST_CASE("draining looks once more for a request on an idle connection") {
    for (const std::string_view arrived : {whole_request, whole_request.substr(0, 1)}) {
        Draining served;
        served.serve_one();
        served.news();
        served.client->will_read(arrived);  // and no readiness has been reported
        ScriptedTransport& upstream = served.add_upstream();
        served.drain();
        CHECK_FALSE(served.ended);
        if (arrived.size() == 1) served.client_sends(whole_request.substr(1));
        served.answer_with(upstream, answer);
        CHECK(served.answered_for_the_last_time());
    }
}

TEST_CASE("draining waits a second for the first request of a new connection") {
    for (const bool comes : {true, false}) {
        Draining served;
        ScriptedTransport& upstream = served.add_upstream();
        served.pass(300ms);
        served.drain();
        served.pass(699ms);
        CHECK_FALSE(served.ended);
        if (comes) {
            served.client_sends(whole_request);
            served.answer_with(upstream, answer);
            CHECK(served.answered_for_the_last_time());
        } else {
            served.pass(1ms + late);
            CHECK(served.ended);
            CHECK(served.news().empty());
        }
    }
}

TEST_CASE("draining ends a connection at once on which nothing has come for a second") {
    Draining served;
    served.pass(1s);
    served.drain();
    CHECK(served.ended);
}

TEST_CASE("a connection that is accepted while draining gets its first request served") {
    Served served;
    ScriptedTransport& upstream = served.add_upstream();  // a pool takes none while draining
    served.services.draining = true;
    served.start();
    served.pass(900ms);
    CHECK_FALSE(served.ended);
    served.client_sends(whole_request);
    upstream.will_read(answer);
    upstream.fire_readable();
    CHECK(served.client->written().ends_with("Connection: close\r\n\r\n"));
}

TEST_CASE("draining lets a head that has begun arrive") {
    Draining served;
    ScriptedTransport& upstream = served.add_upstream();
    served.client_sends(whole_request.substr(0, 10));
    served.drain();
    served.pass(20s);
    CHECK_FALSE(served.ended);
    served.client_sends(whole_request.substr(10));
    served.answer_with(upstream, answer);
    CHECK(served.answered_for_the_last_time());
}

TEST_CASE("a response whose head comes while draining is the connection's last") {
    Draining served;
    ScriptedTransport& upstream = served.add_upstream();
    served.client_sends(whole_request);
    served.drain();
    served.answer_with(upstream, answer);
    CHECK(served.answered_for_the_last_time());
    CHECK(served.client->shut_down());
    served.client->will_read_eof();
    served.client->fire_readable();
    CHECK(served.ended);
}

TEST_CASE("behind a response whose head was passed on before draining, a request that is there is served") {
    for (const bool follows : {true, false}) {
        Draining served;
        ScriptedTransport& next = served.add_upstream();
        ScriptedTransport& upstream = served.add_upstream();  // the one used last is taken first
        served.client_sends(whole_request);
        served.answer_with(upstream, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no");
        served.drain();
        CHECK_FALSE(served.ended);
        served.news();
        if (follows) served.client_sends(whole_request);
        served.answer_with(upstream, "k");
        CHECK(served.news() == "k");
        if (follows) served.answer_with(next, answer);
        CHECK(served.answered_for_the_last_time() == follows);
        CHECK(served.client->shut_down());
    }
}

TEST_CASE("cutting ends a connection whatever it waits for, and records the call") {
    struct Row {
        std::string_view name;
        void (*arrange)(Draining&);
        std::size_t records;
        std::string_view client_gets;
    };
    const Row rows[] = {
        {"the first byte", [](Draining&) {}, 0, ""},
        {"the rest of a head", [](Draining& served) { served.client_sends("GET "); }, 0, ""},
        {"the response",
         [](Draining& served) {
             served.add_upstream();
             served.client_sends(whole_request);
         },
         1, "HTTP/1.1 503 "},
        {"the rest of a response",
         [](Draining& served) {
             ScriptedTransport& upstream = served.add_upstream();
             served.client_sends(whole_request);
             served.answer_with(upstream, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no");
         },
         1, ""},
        {"the client to take a reply",
         [](Draining& served) {
             served.client->will_block_writing();
             served.client_sends("GET /v1/models\r\n\r\n");
         },
         1, ""},
        {"the client to read the last words", [](Draining& served) { served.client_sends("GET /v1/models\r\n\r\n"); },
         1, ""},
    };
    for (const Row& row : rows) {
        CAPTURE(row.name);
        Draining served;
        row.arrange(served);
        CHECK_FALSE(served.ended);
        served.news();
        served.session->cut();
        CHECK(served.ended);
        CHECK(served.records.calls.size() == row.records);
        const std::string text = served.news();
        CHECK(text.starts_with(row.client_gets));
        CHECK(text.empty() == row.client_gets.empty());
    }
}
