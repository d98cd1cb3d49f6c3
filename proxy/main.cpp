/// Wires the parts together and runs them until a signal says otherwise. The only file that knows all of them.
#include <algorithm>
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <csignal>
#include <cstdio>
#include <deque>
#include <functional>
#include <iostream>
#include <memory>
#include <optional>
#include <span>
#include <thread>
#include <utility>
#include <vector>

#include "feedback/feedback_handler.hpp"
#include "metrics/call_metrics.hpp"
#include "metrics/config_metrics.hpp"
#include "metrics/cost_enricher.hpp"
#include "metrics/evaluation_metrics.hpp"
#include "metrics/exposition.hpp"
#include "metrics/metric_reader.hpp"
#include "metrics/price_reader.hpp"
#include "metrics/process_metrics.hpp"
#include "metrics/proxy_metrics.hpp"
#include "metrics/push_metrics.hpp"
#include "metrics/sink_metrics.hpp"
#include "mock/mock_server.hpp"
#include "observation/call_id.hpp"
#include "proxy/admin_server.hpp"
#include "proxy/banner.hpp"
#include "proxy/command_line.hpp"
#include "proxy/config_change.hpp"
#include "proxy/process.hpp"
#include "proxy/setup.hpp"
#include "proxy/worker.hpp"
#include "tracing/call_log.hpp"
#include "tracing/propagation.hpp"
#include "tracing/telemetry.hpp"

namespace {

using namespace tokenweir;
namespace asio = boost::asio;

constexpr std::string_view version = TOKENWEIR_VERSION;
constexpr int exit_usage = 2;

/// What every call is given before it goes out.
class Enrichment final : public CallEnricher {
public:
    explicit Enrichment(std::vector<const CallEnricher*> parts) : parts_(std::move(parts)) {}
    void enrich(LlmCall& call) const noexcept override {
        for (const CallEnricher* part : parts_) part->enrich(call);
    }

private:
    std::vector<const CallEnricher*> parts_;
};

/// A finished call, or an evaluation of one, goes to every sink.
template <class Sink, class Item>
class FanOut final : public Sink {
public:
    explicit FanOut(std::vector<Sink*> sinks) : sinks_(std::move(sinks)) {}
    void consume(const Item& item) noexcept override {
        for (Sink* sink : sinks_) sink->consume(item);
    }

private:
    std::vector<Sink*> sinks_;
};

metrics::CallMetricsOptions metrics_options(const proxy::Config& config) {
    metrics::CallMetricsOptions options;
    options.labels.max_models = config.labels.max_models;
    options.labels.max_routes = config.labels.max_routes;
    options.labels.max_tag_values = config.labels.max_tag_values;
    options.labels.max_combinations = config.labels.max_combinations;
    options.labels.tags = config.labels.tags;
    options.buckets = {.duration = config.buckets.duration,
                       .tokens = config.buckets.tokens,
                       .latency = config.buckets.latency,
                       .phase = config.buckets.phase,
                       .overhead = config.buckets.overhead,
                       .size = config.buckets.size};
    options.dialect = config.genai_dialect;
    return options;
}

metrics::EvaluationLabels evaluation_labels(const proxy::Config& config) {
    return {.max_names = config.labels.max_evaluations,
            .max_routes = config.labels.max_routes,
            .max_models = config.labels.max_models,
            .max_combinations = config.labels.max_combinations};
}

tracing::TelemetrySetup telemetry_setup(const proxy::Config& config) {
    tracing::TelemetrySetup setup{
        .options = config.telemetry,
        .dialect = config.genai_dialect,
        .version = std::string(version),
        .instance_id = std::string(CallIdSource().next(std::chrono::system_clock::now()).view())};
    for (const proxy::Route& route : config.routes) setup.routes.emplace_back(route.name, route.prefix);
    if (config.mock_route) setup.routes.emplace_back("mock", "/mock");
    return setup;
}

/// Calls `hang_up` for each SIGHUP and `terminate` for each SIGTERM and SIGINT while `io` runs. Outlives the waiting.
class SignalLoop {
public:
    SignalLoop(asio::io_context& io, std::function<void()> hang_up, std::function<void()> terminate)
        : signals_(io, SIGTERM, SIGINT, SIGHUP), hang_up_(std::move(hang_up)), terminate_(std::move(terminate)) {
        wait();
    }

private:
    void wait() {
        signals_.async_wait([this](boost::system::error_code error, int signal) {
            if (error) return;
            signal == SIGHUP ? hang_up_() : terminate_();
            wait();
        });
    }

    asio::signal_set signals_;
    std::function<void()> hang_up_, terminate_;
};

/// Serves `io` until the workers are done or `until` has passed, which a signal may bring forward.
bool wait_for(const std::deque<proxy::Worker>& workers, asio::io_context& io, const Instant& until) {
    constexpr std::chrono::milliseconds step{20};
    const auto done = [&] {
        return std::ranges::all_of(workers, [](const proxy::Worker& worker) { return worker.done(); });
    };
    asio::steady_timer timer(io);
    while (!done() && std::chrono::steady_clock::now() < until) {
        timer.expires_after(step);
        timer.async_wait([](boost::system::error_code) {});
        io.run_one();
    }
    return done();
}

/// The prices that come with the program, and the operator's over them. Throws ConfigError.
metrics::PriceCatalogue load_prices(const proxy::Config& config) {
    constexpr std::size_t max_file_bytes = std::size_t{8} << 20;
    std::vector<metrics::PriceText> texts{metrics::shipped_prices()};
    std::string file;
    if (!config.cost_catalogue.empty()) {
        file = proxy::read_text_file(config.cost_catalogue, max_file_bytes);
        texts.push_back({"file", config.cost_catalogue, file});
    }
    return metrics::read_prices(texts);
}

/// `config` with the route of the mock endpoint, which is started when it is wanted first.
proxy::Config with_mock(proxy::Config config, std::optional<mock::MockServer>& mock_endpoint) {
    if (!config.mock_route) return config;
    if (!mock_endpoint) mock_endpoint.emplace();
    proxy::Route route;
    route.name = "mock";
    route.prefix = "/mock";
    route.upstream.host = "127.0.0.1";
    route.upstream.port = mock_endpoint->port();
    config.routes.push_back(std::move(route));
    return config;
}

/// What apps send feedback to by the proxy's own listeners: an upstream like any other, on a loopback port that is
/// opened when it is wanted first.
void add_feedback_route(proxy::Config& config, std::optional<proxy::AdminServer>& server, asio::io_context& io,
                        feedback::FeedbackHandler& handler, Tally& refused) {
    const std::string own_path(feedback::FeedbackHandler::path);
    if (!server) {
        server.emplace(io, proxy::ListenAddress{.host = "127.0.0.1", .port = 0}, std::string(), refused,
                       proxy::AdminServer::for_clients);
        server->add(own_path, handler);
    }
    proxy::Route route;
    route.name = "feedback";
    route.prefix = config.feedback.path;
    route.upstream.host = server->bound().host;
    route.upstream.port = server->bound().port;
    route.upstream.base_path = own_path;
    config.routes.push_back(std::move(route));
}

void say(const std::exception& failure) {
    if (const auto* config = dynamic_cast<const ConfigError*>(&failure))
        for (const std::string& text : config->lines()) std::cerr << "tokenweir: " << text << '\n';
    else
        std::cerr << "tokenweir: " << failure.what() << '\n';
}

int serve(const proxy::CommandLine& line) {
    const proxy::Config& config = line.config;
    for (const std::string& warning : config.warnings) std::cerr << "tokenweir: " << warning << '\n';
    proxy::ConnectionLimit connections{proxy::connection_limit(config.limits.connections)};
    std::optional<mock::MockServer> mock_endpoint;
    // Outputs first: they outlive everything that feeds them.
    const WallTime started = std::chrono::system_clock::now();
    metrics::CallMetrics call_metrics(metrics_options(config));
    std::optional<tracing::CallLog> call_log;
    if (config.call_log_path != "off")
        call_log.emplace(tracing::CallLogOptions{.path = config.call_log_path,
                                                 .max_queue_bytes = config.call_log_queue_bytes,
                                                 .rotation = config.call_log_rotation});
    std::vector<CallSink*> sinks{&call_metrics};
    std::vector<const SinkAccount*> accounts{&call_metrics};
    if (call_log) {
        sinks.push_back(&*call_log);
        accounts.push_back(&*call_log);
    }
    const tracing::TelemetrySetup exports = telemetry_setup(config);
    tracing::Telemetry telemetry(exports);
    for (const auto& exporter : telemetry.exporters()) {
        sinks.push_back(exporter.get());
        accounts.push_back(exporter.get());
    }
    metrics::EvaluationMetrics evaluation_metrics(evaluation_labels(config));
    std::vector<EvaluationSink*> evaluation_sinks{&evaluation_metrics};
    if (call_log) evaluation_sinks.push_back(&*call_log);
    if (EvaluationSink* exporter = telemetry.evaluations()) evaluation_sinks.push_back(exporter);
    FanOut<EvaluationSink, SharedEvaluation> evaluations(std::move(evaluation_sinks));
    std::optional<feedback::FeedbackDesk> desk;
    if (config.feedback.enabled || config.feedback.regenerate || config.feedback.abort) {
        desk.emplace(config.feedback, evaluations);
        sinks.push_back(&*desk);
        accounts.push_back(&*desk);
        evaluation_metrics.set_account(*desk);
    }
    FanOut<CallSink, FinishedCall> fan_out(std::move(sinks));
    const tracing::Propagation propagation(config.propagation, config.sampler);
    metrics::CostEnricher costs(load_prices(config));
    const Enrichment enrichment({&costs});

    const unsigned threads = config.threads != 0 ? config.threads : std::max(1U, std::thread::hardware_concurrency());
    std::deque<ProxyCounters> counters(threads);
    std::vector<const ProxyCounters*> all_counters;
    for (const ProxyCounters& worker : counters) all_counters.push_back(&worker);
    AdminCounters admin_counters;
    metrics::ProxyMetrics proxy_metrics(all_counters, admin_counters);
    metrics::SinkMetrics sink_metrics(accounts);
    metrics::ProcessMetrics process_metrics{std::string(version)};
    metrics::ConfigMetrics config_metrics(started);
    PushCounters push_counters;
    const metrics::PushMetrics push_metrics(push_counters);
    const std::vector<const prometheus::Collectable*> all_metrics{&call_metrics,       &costs,          &proxy_metrics,
                                                                  &sink_metrics,       &push_metrics,   &config_metrics,
                                                                  &evaluation_metrics, &process_metrics};
    metrics::Exposition exposition(all_metrics, &call_metrics);
    const metrics::MetricReader metric_reader(all_metrics, call_metrics);
    const auto metrics_push = tracing::push_metrics(exports, metric_reader, push_counters, started);

    asio::io_context io(1);
    proxy::AdminServer admin(io, config.admin_listen, config.admin_token, admin_counters.admin_connections_refused);
    admin.add("/metrics", exposition);
    std::optional<feedback::FeedbackHandler> feedback_handler;
    std::optional<proxy::AdminServer> feedback_server;
    if (config.feedback.enabled) {
        feedback_handler.emplace(*desk);
        admin.add(std::string(feedback::FeedbackHandler::path), *feedback_handler);
    }
    const auto prepare = [&](const proxy::Config& wanted, const proxy::Setup* running) {
        proxy::Config complete = with_mock(wanted, mock_endpoint);
        if (feedback_handler && !complete.feedback.path.empty())
            add_feedback_route(complete, feedback_server, io, *feedback_handler,
                               admin_counters.feedback_connections_refused);
        complete.observer.hash_prompts = config.observer.hash_prompts;
        return proxy::prepare(std::move(complete), running);
    };
    std::shared_ptr<const proxy::Setup> setup = prepare(config, nullptr);

    proxy::Resolver resolver;
    std::deque<proxy::Worker> workers;
    const auto reloaded = [&] {
        config_metrics.succeeded(std::chrono::system_clock::now());
        std::cerr << "tokenweir: the configuration has been loaded again\n" << std::flush;
    };
    // All that can fail comes first; then everything takes over what was read.
    const auto reload = [&] {
        try {
            const proxy::Config wanted = proxy::load_config(line.sources);
            metrics::PriceCatalogue prices = load_prices(wanted);
            setup = prepare(wanted, setup.get());

            for (const std::string_view key : proxy::keys_needing_restart(config, wanted))
                std::cerr << "tokenweir: " << key << " has changed: that takes effect at the next start\n";
            if (wanted.admin_listen == config.admin_listen) admin.set_token(wanted.admin_token);
            connections.limit = proxy::connection_limit(wanted.limits.connections);
            costs.replace(std::move(prices));
            const auto missing = std::make_shared<std::atomic<std::size_t>>(workers.size());
            for (proxy::Worker& worker : workers)
                worker.adopt(setup, [&, missing] {
                    if (missing->fetch_sub(1) == 1) asio::post(io, reloaded);
                });
        } catch (const std::exception& failure) {
            config_metrics.failed();
            say(failure);
            std::cerr << "tokenweir: the configuration stays what it was\n" << std::flush;
        }
    };
    // The first SIGTERM lets calls finish, for as long as timeouts.drain allows; a second one cuts them.
    constexpr std::chrono::seconds cut_time{5};
    bool draining = false;
    Instant until = Instant::max();
    SignalLoop signals(
        io,
        [&] {
            if (call_log) call_log->reopen();
            if (!draining) reload();
        },
        [&] {
            if (!std::exchange(draining, true)) return io.stop();
            for (proxy::Worker& worker : workers) worker.cut();
            until = std::chrono::steady_clock::now() + cut_time;
        });

    for (ProxyCounters& worker : counters)
        workers.emplace_back(setup, worker, propagation, propagation, enrichment, fan_out, resolver, connections);
    std::vector<proxy::ListenAddress> bound;
    for (const proxy::Listener& listener : config.listen) {
        bound.push_back(proxy::claim(listener.address));
        for (proxy::Worker& worker : workers) worker.listen(proxy::listen_on(bound.back()));
    }
    for (std::size_t i = 0; i < workers.size(); ++i) workers[i].start(i);
    proxy::yield_to_other_threads();  // a scrape takes milliseconds, and no call should wait for a core meanwhile

    for (std::size_t i = 0; i < bound.size(); ++i)
        std::cerr << "tokenweir: listening on " << (config.listen[i].tls ? "https://" : "http://")
                  << bound[i].to_string() << '\n';
    std::cerr << "tokenweir: admin on http://" << admin.bound().to_string() << '\n'
              << proxy::banner(config, bound, admin.bound(), version) << std::flush;

    io.run();
    io.restart();
    admin.set_ready(false);
    for (proxy::Worker& worker : workers) worker.drain();
    if (const auto limit = setup->config.timeouts.drain; limit.count() > 0)
        until = std::chrono::steady_clock::now() + limit + cut_time;
    if (wait_for(workers, io, until)) return 0;
    std::cerr << "tokenweir: a worker does not end: leaving without it\n" << std::flush;
    std::_Exit(1);  // joining it would never return
}

int serve_mock(const proxy::ListenAddress& address) {
    mock::MockServer server(address.host, address.port);
    const proxy::ListenAddress bound{address.host, server.port()};
    std::cerr << "tokenweir: mock endpoint on http://" << bound.to_string() << '\n';
    asio::io_context io(1);
    asio::signal_set signals(io, SIGTERM, SIGINT);
    signals.async_wait([&](boost::system::error_code, int) { io.stop(); });
    io.run();
    return 0;
}

int run(std::span<const char* const> arguments) {
    const proxy::CommandLine line = proxy::parse_command_line(arguments, proxy::process_environment());
    switch (line.command) {
        case proxy::Command::serve: return serve(line);
        case proxy::Command::check:
            load_prices(line.config);
            std::cout << proxy::effective_yaml(line.config);
            return 0;
        case proxy::Command::mock: return serve_mock(line.mock_listen);
        case proxy::Command::version: std::cout << "tokenweir " << version << '\n'; return 0;
        case proxy::Command::help: std::cout << proxy::help_text(version); return 0;
    }
    return exit_usage;
}

}  // namespace

int main(int argc, char** argv) {
    proxy::take_over_process();
    try {
        return run(std::span<const char* const>(argv, static_cast<std::size_t>(argc)).subspan(1));
    } catch (const std::exception& error) {
        say(error);
    }
    return exit_usage;
}
