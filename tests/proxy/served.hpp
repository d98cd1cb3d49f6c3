/// A session between a scripted client and scripted upstream connections: whole calls, no socket, and no time but what
/// the test lets pass.
#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>
#include <new>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "proxy/config_address.hpp"
#include "proxy/session.hpp"
#include "tests/support/passing_time.hpp"
#include "tests/support/scripted_transport.hpp"

namespace tokenweir::test {

/// The records of the calls that ended.
class Records final : public TraceSource, public HeadDecorator, public CallEnricher, public CallSink {
public:
    TraceContext trace_of(Fields) const noexcept override { return {}; }
    void decorate(const UpstreamRequest&, HeadChanges&) const override {
        if (decorating_fails) throw std::bad_alloc();
    }
    void enrich(LlmCall&) const noexcept override {}
    void consume(const FinishedCall& call) noexcept override { calls.push_back(call); }

    std::vector<FinishedCall> calls;
    bool decorating_fails = false;
};

/// One thread of a proxy that sends everything to one upstream, with its clock stopped.
struct StillThread {
    explicit StillThread(const proxy::Timeouts& timeouts = {}, std::string_view upstream = "http://upstream.test",
                         std::shared_ptr<const proxy::TlsContext> trust = nullptr,
                         proxy::Resolver::LookUp look_up = unknown_host)
        : setup(setup_of(timeouts, upstream, std::move(trust))), resolver(std::move(look_up)) {
        services.wheel.clock().stop(services.now());
        services.routing = std::make_shared<const proxy::Routing>(services, setup, nullptr);
    }
    StillThread(const StillThread&) = delete;
    StillThread& operator=(const StillThread&) = delete;

    /// An idle connection that the next call will take. Valid until that call ends.
    ScriptedTransport& add_upstream() {
        auto transport = std::make_unique<ScriptedTransport>();
        ScriptedTransport& upstream = *transport;
        services.routing->targets[0].upstream->pool.put(std::move(transport), services.now());
        return upstream;
    }

    void pass(Duration time) { let_pass(services.wheel, time); }

    static proxy::Resolver::Answer unknown_host(const std::string&) { return {{}, "no such host"}; }

    static std::shared_ptr<const proxy::Setup> setup_of(const proxy::Timeouts& timeouts, std::string_view upstream,
                                                        std::shared_ptr<const proxy::TlsContext> trust) {
        auto setup = std::make_shared<proxy::Setup>();
        setup->config.timeouts = timeouts;
        setup->config.single_upstream = true;
        setup->config.routes.emplace_back().upstream = proxy::parse_upstream_url(upstream);
        setup->upstream_trust = std::move(trust);
        setup->listener_tls.emplace_back();
        return setup;
    }

    boost::asio::io_context io{1};
    const std::shared_ptr<const proxy::Setup> setup;
    ProxyCounters counters{};
    Records records{};
    proxy::Resolver resolver;
    proxy::Services services{.io = io,
                             .setup = setup,
                             .counters = counters,
                             .traces = records,
                             .decorator = records,
                             .enricher = records,
                             .sink = records,
                             .resolver = resolver};
};

/// A session on such a thread.
struct Served : StillThread {
    template <class... How>
    explicit Served(How&&... how) : StillThread(std::forward<How>(how)...) {
        auto transport = std::make_unique<ScriptedTransport>();
        client = transport.get();
        session.emplace(services, std::move(transport), nullptr, "192.0.2.1");
    }
    ~Served() {
        if (session) session->cut();
    }

    proxy::Detached start() {
        co_await session->run();
        ended = true;
    }

    void client_sends(std::string_view bytes) {
        client->will_read(bytes);
        client->fire_readable();
    }

    ScriptedTransport* client = nullptr;
    std::optional<proxy::Session> session{};
    bool ended = false;
};

}  // namespace tokenweir::test
