/// What a reload means for a thread: which connections stay, and what a call in flight goes on with.
#include "proxy/routing.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <string_view>

#include "proxy/server.hpp"
#include "tests/proxy/served.hpp"

using namespace tokenweir;
using namespace tokenweir::test;
using namespace std::chrono_literals;
using namespace std::string_view_literals;

namespace {

constexpr auto get_a = "GET /a/v1 HTTP/1.1\r\nHost: proxy\r\n\r\n"sv;
constexpr auto answer = "HTTP/1.1 204 No Content\r\n\r\n"sv;

struct RouteText {
    std::string_view prefix, upstream;
};

/// A setup with these routes; `trust` may be null as long as nobody connects.
std::shared_ptr<const proxy::Setup> setup_of(std::initializer_list<RouteText> routes, proxy::Timeouts timeouts = {},
                                             std::shared_ptr<const proxy::TlsContext> trust = nullptr) {
    auto setup = std::make_shared<proxy::Setup>();
    setup->config.timeouts = timeouts;
    for (const RouteText& text : routes) {
        proxy::Route& route = setup->config.routes.emplace_back();
        route.name = text.prefix.substr(1);
        if (text.prefix != "/") route.prefix = text.prefix;
        route.upstream = proxy::parse_upstream_url(text.upstream);
    }
    setup->upstream_trust = std::move(trust);
    return setup;
}

struct Adopting : Served {
    explicit Adopting(std::shared_ptr<const proxy::Setup> first) {
        services.setup = std::move(first);
        services.routing = nullptr;
        server.emplace(services, connections);
        start();
    }

    proxy::UpstreamPool& pool(std::size_t route) { return services.routing->targets[route].upstream->pool; }
    ScriptedTransport& add_upstream_of(std::size_t route) {
        auto transport = std::make_unique<ScriptedTransport>();
        ScriptedTransport& upstream = *transport;
        pool(route).put(std::move(transport), services.now());
        return upstream;
    }
    void adopt(std::shared_ptr<const proxy::Setup> next) { server->adopt(std::move(next)); }
    std::uint64_t idle() const { return counters.upstream_connections_idle.read(); }

    proxy::ConnectionLimit connections{10};
    std::optional<proxy::Server> server{};
};

}  // namespace

TEST_CASE("routes with the same scheme, host and port have their connections in common") {
    StillThread thread;
    const proxy::Routing routing(thread.services,
                                 setup_of({{"/a", "http://one/x"},
                                           {"/b", "http://one:80/y"},
                                           {"/c", "http://one:81"},
                                           {"/d", "http://two"},
                                           {"/e", "https://one:80"}}),
                                 nullptr);
    const auto upstream = [&](std::size_t i) { return routing.targets[i].upstream.get(); };
    CHECK(upstream(0) == upstream(1));
    for (std::size_t i = 2; i < 5; ++i)
        for (std::size_t j = 0; j < i; ++j) CHECK(upstream(i) != upstream(j));
}

TEST_CASE("a new setup keeps the idle connections of upstreams that it has too, and closes the others") {
    Adopting served(setup_of({{"/a", "http://one"}, {"/b", "http://two"}}));
    served.add_upstream_of(0);
    served.add_upstream_of(1);
    REQUIRE(served.idle() == 2);
    served.adopt(setup_of({{"/renamed", "http://one/base"}}));
    CHECK(served.idle() == 1);
    CHECK(served.pool(0).take() != nullptr);
    CHECK(served.idle() == 0);
}

TEST_CASE("connections to TLS upstreams stay while what is trusted stays") {
    const auto trust = std::make_shared<const proxy::TlsContext>(proxy::TlsContext::for_upstreams(""));
    const auto other = std::make_shared<const proxy::TlsContext>(proxy::TlsContext::for_upstreams(""));
    Adopting served(setup_of({{"/a", "https://one"}, {"/b", "http://two"}}, {}, trust));
    served.add_upstream_of(0);
    served.add_upstream_of(1);
    served.adopt(setup_of({{"/a", "https://one"}, {"/b", "http://two"}}, {}, trust));
    CHECK(served.idle() == 2);
    served.adopt(setup_of({{"/a", "https://one"}, {"/b", "http://two"}}, {}, other));
    CHECK(served.idle() == 1);
    CHECK(served.pool(0).take() == nullptr);
    CHECK(served.pool(1).take() != nullptr);
}

TEST_CASE("a call in flight ends as it began, and the next request on its connection is served by the new setup") {
    proxy::Timeouts before, after;
    before.first_byte = 5s;
    after.first_byte = 1s;
    for (const bool answered : {true, false}) {
        CAPTURE(answered);
        Adopting served(setup_of({{"/a", "http://one"}}, before));
        ScriptedTransport& first = served.add_upstream_of(0);
        served.client_sends(get_a);
        CHECK(first.written().starts_with("GET /v1 HTTP/1.1\r\nHost: one\r\n"));
        served.adopt(setup_of({{"/a", "http://two/base"}}, after));
        served.pass(4s);
        REQUIRE(served.records.calls.empty());
        if (!answered) {
            served.pass(1s + 100ms);
            CHECK(served.client->written().starts_with("HTTP/1.1 504 "));
            continue;
        }
        first.will_read(answer);
        first.fire_readable();
        REQUIRE(served.records.calls.size() == 1);
        CHECK(served.records.calls[0]->server_address == "one");

        ScriptedTransport& second = served.add_upstream_of(0);
        served.client_sends(get_a);
        CHECK(second.written().starts_with("GET /base/v1 HTTP/1.1\r\nHost: two\r\n"));
        served.pass(1s + 100ms);
        REQUIRE(served.records.calls.size() == 2);
        CHECK(served.records.calls[1]->server_address == "two");
        CHECK(served.records.calls[1]->error_type == "first_byte_timeout");
    }
}

TEST_CASE("the connection of a call whose upstream is gone from the setup is not kept") {
    Adopting served(setup_of({{"/a", "http://one"}}));
    ScriptedTransport& upstream = served.add_upstream_of(0);
    served.client_sends(get_a);
    served.adopt(setup_of({{"/a", "http://two"}}));
    upstream.will_read(answer);
    upstream.fire_readable();
    CHECK(served.records.calls.size() == 1);
    CHECK(served.idle() == 0);
}

TEST_CASE("a request that a removed route would have served is answered 404") {
    Adopting served(setup_of({{"/a", "http://one"}}));
    served.adopt(setup_of({{"/b", "http://one"}}));
    served.client_sends(get_a);
    CHECK(served.client->written().starts_with("HTTP/1.1 404 "));
}

TEST_CASE("a request that no route serves is recorded with what was read of its body") {
    Adopting served(setup_of({{"/a", "http://a.test"}}));
    served.client_sends(
        "POST /v1/chat/completions HTTP/1.1\r\nHost: proxy\r\nContent-Length: 13\r\n\r\n{\"model\":\"m\"}");
    REQUIRE(served.records.calls.size() == 1);
    CHECK(served.records.calls[0]->outcome == Outcome::rejected);
    CHECK(served.records.calls[0]->request_model == "m");
    CHECK(served.records.calls[0]->request_body_bytes == 13);
}

TEST_CASE("GET / and HEAD / are answered here, unless a route serves every path") {
    for (const std::string_view method : {"GET", "HEAD"})
        for (const bool catches_all : {false, true}) {
            Adopting served(catches_all ? setup_of({{"/a", "http://one"}, {"/", "http://two"}})
                                        : setup_of({{"/a", "http://one"}}));
            if (!catches_all) {
                served.client_sends(std::string(method) + " / HTTP/1.1\r\nHost: proxy\r\n\r\n");
                CHECK(served.client->written().starts_with("HTTP/1.1 200 OK\r\n"));
                CHECK(served.counters.calls_accepted.read() == 0);
                continue;
            }
            ScriptedTransport& upstream = served.add_upstream_of(1);
            served.client_sends(std::string(method) + " / HTTP/1.1\r\nHost: proxy\r\n\r\n");
            CHECK(upstream.written().starts_with(std::string(method) + " / HTTP/1.1\r\n"));
            upstream.will_read(answer);
            upstream.fire_readable();
            CHECK(served.client->written().starts_with("HTTP/1.1 204 "));
            CHECK(served.records.calls.size() == 1);
            CHECK(served.counters.probes_answered.read() == 0);
        }
}
