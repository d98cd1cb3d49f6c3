/// The limits of time that need a socket to wait for: connecting, TLS on both sides, and the end of draining.
#include <doctest/doctest.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <array>
#include <chrono>

#include "proxy/server.hpp"
#include "tests/integration/sockets.hpp"
#include "tests/proxy/served.hpp"

using namespace tokenweir;
using namespace tokenweir::test;
using namespace std::chrono_literals;
using namespace std::string_view_literals;

namespace {

constexpr auto limit = 1300ms;
constexpr auto late = 2 * proxy::TimerWheel::tick;
constexpr proxy::Timeouts no_limits{0ms, 0ms, 0ms, 0ms, 0ms, 0ms, 0ms, 0ms, 0ms};
constexpr auto whole_request = "GET /v1/models HTTP/1.1\r\nHost: proxy\r\n\r\n"sv;

proxy::Timeouts only(std::chrono::milliseconds proxy::Timeouts::*timeout) {
    proxy::Timeouts timeouts = no_limits;
    timeouts.*timeout = limit;
    return timeouts;
}

}  // namespace

TEST_CASE("timeouts.connect passes while an upstream does not answer, or never") {
    const SilentListener upstream(0);
    const Socket filling(connect_to(upstream.port()));  // Linux: a queue of 0 holds one
    for (const bool limited : {true, false}) {
        CAPTURE(limited);
        Served served(limited ? only(&proxy::Timeouts::connect) : no_limits, "http://" + upstream.address());
        served.start();
        served.client_sends(whole_request);
        served.io.poll();
        served.pass(limit - 1ms);
        CHECK(served.client->written().empty());
        served.pass(1ms + late);
        CHECK(served.client->written().starts_with("HTTP/1.1 504 ") == limited);
        REQUIRE(served.records.calls.size() == (limited ? 1 : 0));
        if (!limited) continue;
        CHECK(served.records.calls[0]->outcome == Outcome::timeout);
        CHECK(served.records.calls[0]->error_type == "connect_timeout");
    }
}

TEST_CASE("timeouts.tls passes while an upstream does not shake hands, or never") {
    const SilentListener upstream(8);
    const auto trust = std::make_shared<const proxy::TlsContext>(proxy::TlsContext::for_upstreams(""));
    for (const bool limited : {true, false}) {
        CAPTURE(limited);
        Served served(limited ? only(&proxy::Timeouts::tls) : no_limits, "https://" + upstream.address(), trust);
        served.start();
        served.client_sends(whole_request);
        for (int i = 0; i < 100 && served.counters.upstream_connections_opened.read() == 0; ++i)
            served.io.run_one_for(100ms);
        served.pass(limit - 1ms);
        CHECK(served.client->written().empty());
        served.pass(1ms + late);
        CHECK(served.client->written().starts_with("HTTP/1.1 502 ") == limited);
        REQUIRE(served.records.calls.size() == (limited ? 1 : 0));
        if (!limited) continue;
        CHECK(served.records.calls[0]->outcome == Outcome::connect_error);
        CHECK(served.records.calls[0]->error_type == "tls");
    }
}

TEST_CASE("timeouts.tls passes while a client does not shake hands, or never") {
    const std::unique_ptr<SSL_CTX, proxy::SslDeleter> context(SSL_CTX_new(TLS_server_method()));
    for (const bool limited : {true, false}) {
        CAPTURE(limited);
        StillThread thread(limited ? only(&proxy::Timeouts::tls) : no_limits);
        std::array<int, 2> pair{};
        REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair.data()) == 0);
        const Socket client(pair[1]);
        std::unique_ptr<SSL, proxy::SslDeleter> ssl(SSL_new(context.get()));
        SSL_set_accept_state(ssl.get());
        auto transport = std::make_unique<proxy::TlsTransport>(proxy::Readiness(thread.io, pair[0]), std::move(ssl));
        proxy::TlsTransport* const tls = transport.get();
        proxy::Session session(thread.services, std::move(transport), tls, "192.0.2.1");
        bool ended = false;
        const auto run = [](proxy::Session& served, bool& end) -> proxy::Detached {
            co_await served.run();
            end = true;
        };
        run(session, ended);
        thread.pass(limit - 1ms);
        CHECK_FALSE(ended);
        thread.pass(1ms + late);
        CHECK(ended == limited);
        CHECK(thread.records.calls.empty());
        session.cut();
    }
}

TEST_CASE("timeouts.drain cuts what is still in flight, or nothing does") {
    for (const bool limited : {true, false}) {
        CAPTURE(limited);
        StillThread thread(limited ? only(&proxy::Timeouts::drain) : no_limits);
        proxy::ConnectionLimit connections{10};
        proxy::Server server(thread.services, connections);
        const proxy::ListenAddress address = proxy::claim({"127.0.0.1", 0});
        server.listen(proxy::listen_on(address));
        const Socket client(connect_to(address.port));
        ScriptedTransport& upstream = thread.add_upstream();
        REQUIRE(::send(client.fd(), whole_request.data(), whole_request.size(), 0) > 0);
        for (int i = 0; i < 100 && upstream.written().empty(); ++i) thread.io.run_one_for(100ms);
        upstream.will_read("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        upstream.fire_readable();
        CHECK(client.read().value_or("").starts_with("HTTP/1.1 200 OK\r\n"));

        struct Drained {
            int times = 0;
            void count() { ++times; }
        } drained;
        server.drain(proxy::Callback::to<&Drained::count>(&drained));
        thread.pass(limit - 1ms);
        CHECK(drained.times == 0);
        CHECK(client.read() == std::nullopt);
        thread.pass(1ms + late);
        for (int i = 0; limited && i < 100 && drained.times == 0; ++i) thread.io.run_one_for(100ms);
        CHECK(drained.times == (limited ? 1 : 0));
        if (!limited) server.cut();
        CHECK(client.read() == "");  // and no last chunk
        REQUIRE(thread.records.calls.size() == 1);
        CHECK(thread.records.calls[0]->outcome == Outcome::timeout);
        CHECK(thread.records.calls[0]->error_type == "_OTHER");
    }
}
