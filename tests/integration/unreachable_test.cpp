/// What is recorded of a call whose upstream is never reached: all that was read of its request.
#include <doctest/doctest.h>

#include <chrono>
#include <new>
#include <string>

#include "tests/integration/sockets.hpp"
#include "tests/proxy/served.hpp"

using namespace tokenweir;
using namespace tokenweir::test;
using namespace std::chrono_literals;
using namespace std::string_literals;

namespace {

const std::string body = R"({"model":"small-1","stream":true,"max_tokens":7,"messages":[{}]})";
const std::string request =
    "POST /v1/chat/completions HTTP/1.1\r\nHost: proxy\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n";

/// A call to an upstream whose queue is full, so that connecting takes until somebody ends it.
struct Connecting {
    Connecting() {
        run();
        served.client_sends(request + body.substr(0, 20));
        served.client->will_read(body.substr(20));
        served.io.poll();
        REQUIRE(served.records.calls.empty());
    }

    proxy::Detached run() {
        try {
            co_await served.session->run();
        } catch (const std::bad_alloc&) {
            out_of_memory = true;
        }
    }

    bool out_of_memory = false;
    SilentListener upstream{0};
    Socket filling{connect_to(upstream.port())};
    Served served{proxy::Timeouts{}, "http://" + upstream.address()};
};

void check_request(const Records& records, std::size_t bytes) {
    REQUIRE(records.calls.size() == 1);
    const LlmCall& call = *records.calls[0];
    CHECK(call.request_model == "small-1");
    CHECK(call.request_body_bytes == bytes);
    if (bytes < body.size()) return;
    CHECK(call.settings.stream == true);
    CHECK(call.settings.max_tokens == 7);
    CHECK(call.settings.messages == 1);
    CHECK(call.decoding == Decoding::complete);
}

}  // namespace

TEST_CASE("a call whose upstream refuses records its request, chunked or not") {
    std::string address;
    {
        const SilentListener closed(1);
        address = closed.address();
    }
    const std::string chunked =
        "POST /v1/chat/completions HTTP/1.1\r\nHost: proxy\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (const std::string& text : {request + body, chunked + "40\r\n" + body + "\r\n0\r\n\r\n"}) {
        REQUIRE(body.size() == 0x40);
        Served served(proxy::Timeouts{}, "http://" + address);
        served.start();
        served.client_sends(text);
        for (int i = 0; i < 100 && served.records.calls.empty(); ++i) served.io.run_one_for(100ms);
        check_request(served.records, body.size());
        CHECK(served.records.calls[0]->error_type == "connect_refused");
    }
}

TEST_CASE("a call that gets no connection in time records what has come of its request") {
    Connecting connecting;
    connecting.served.pass(proxy::Timeouts{}.connect + 2 * proxy::TimerWheel::tick);
    check_request(connecting.served.records, body.size());
    CHECK(connecting.served.records.calls[0]->error_type == "connect_timeout");
}

TEST_CASE("a call whose client leaves while connecting records what has come of its request") {
    Connecting connecting;
    connecting.served.client->will_read_eof();
    connecting.served.pass(proxy::Timeouts{}.connect + 2 * proxy::TimerWheel::tick);
    check_request(connecting.served.records, body.size());
    CHECK(name_of(connecting.served.records.calls[0]->outcome) == "cancelled_before_first_token");
}

TEST_CASE("a call that there is no memory to watch over ends with its connection, and leaves a record") {
    Connecting connecting;
    connecting.served.client->will_fail_waiting();
    connecting.served.client->fire_readable();
    CHECK(connecting.out_of_memory);
    connecting.served.session.reset();  // as its server does
    REQUIRE(connecting.served.records.calls.size() == 1);
    CHECK(name_of(connecting.served.records.calls[0]->outcome) == "rejected");
}

TEST_CASE("a call that is cut while connecting records what was read of its request") {
    Connecting connecting;
    connecting.served.session->cut();
    check_request(connecting.served.records, 20);
    CHECK(name_of(connecting.served.records.calls[0]->outcome) == "rejected");
}
