/// A session between its calls: whom it answers itself, and when it notices that the client has gone.
#include "proxy/session.hpp"

#include <doctest/doctest.h>

#include <chrono>
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
