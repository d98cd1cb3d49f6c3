/// A relay between two scripted transports: no socket, no event loop, no time but what the test lets pass.
#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>
#include <string>
#include <string_view>

#include "proxy/relay.hpp"
#include "tests/support/passing_time.hpp"
#include "tests/support/scripted_transport.hpp"

namespace tokenweir::test {

using namespace std::string_view_literals;
using namespace proxy;

inline constexpr auto request_head = "POST /v1/x HTTP/1.1\r\nHost: upstream\r\nContent-Length: 5\r\n\r\n"sv;
inline constexpr Framing no_body{};
inline constexpr Framing five_bytes{.kind = Framing::Kind::length, .length = 5};

inline constexpr auto chunked_head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"sv;
inline constexpr auto chunked_body = "5;ext=1\r\nhello\r\n6\r\n world\r\n0\r\nX-Trailer: 1\r\n\r\n"sv;
inline constexpr auto length_head = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"sv;
inline constexpr auto until_close_head = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n"sv;

/// What the proxy adds to a head when the client's connection ends with the response.
inline constexpr auto close_field = "Connection: close\r\n"sv;

class Nowhere final : public TraceSource, public HeadDecorator, public CallEnricher, public CallSink {
public:
    TraceContext trace_of(Fields) const noexcept override { return {}; }
    void decorate(const UpstreamRequest&, HeadChanges&) const noexcept override {}
    void enrich(LlmCall&) const noexcept override {}
    void consume(const FinishedCall&) noexcept override {}
};

/// One relay and everything that it refers to.
struct Relayed {
    boost::asio::io_context io{1};
    const std::shared_ptr<const Setup> setup = std::make_shared<const Setup>();
    const Config& config = setup->config;
    ProxyCounters counters{};
    Nowhere nowhere{};
    Resolver resolver{};
    Services services{.io = io,
                      .setup = setup,
                      .counters = counters,
                      .traces = nowhere,
                      .decorator = nowhere,
                      .enricher = nowhere,
                      .sink = nowhere,
                      .resolver = resolver};
    ScriptedTransport client{}, upstream{};
    std::string leftover{};
    LlmCall call;
    parsers::CallObserver observer{config.observer, call, services.call_ids.next({}), {}, services.now()};
    PhaseClock phases{observer.call().timings};
    RelayRequest request;
    Relay relay{services, config, client, leftover, observer, phases};
    int times_finished = 0;

    Relayed() { services.wheel.clock().stop(services.now()); }

    /// Starts with a request that has no body, unless said otherwise.
    void start(RelayRequest what = {.framing = no_body, .method = "POST"}, std::string_view body_start = {}) {
        request = std::move(what);
        relay.when_finished(Callback::to<&Relayed::on_finished>(this));
        relay.start(upstream, request, request_head, body_start, true, services.now());
    }

    void start_upload(std::string_view body_start) { start({.framing = five_bytes, .method = "POST"}, body_start); }
    void start_1_0() {
        start({.framing = no_body, .version = Version::http_1_0, .keep_alive = false, .method = "GET"});
    }

    void pass(Duration time) { let_pass(services.wheel, time); }

    void upstream_sends(std::string_view bytes) {
        upstream.will_read(bytes);
        upstream.fire_readable();
    }
    void upstream_ends() {
        upstream.will_read_eof();
        upstream.fire_readable();
    }
    void upstream_resets() {
        upstream.will_read_error();
        upstream.fire_readable();
    }
    void client_sends(std::string_view bytes) {
        client.will_read(bytes);
        client.fire_readable();
    }
    void client_ends() {
        client.will_read_eof();
        client.fire_readable();
    }

    /// `head` as the client gets it.
    std::string passed(std::string_view head, std::string_view more_fields = {}) {
        std::string text(head.substr(0, head.size() - 2));
        return text.append("x-tokenweir-call-id: ")
            .append(observer.call().id.view())
            .append("\r\n")
            .append(more_fields)
            .append("\r\n");
    }

    const RelayResult& result() const { return relay.result(); }

private:
    void on_finished() { ++times_finished; }
};

}  // namespace tokenweir::test
