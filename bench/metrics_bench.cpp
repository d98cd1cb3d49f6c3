/// What a finished call costs the I/O thread that hands it to the metrics.
#include <benchmark/benchmark.h>
#include <prometheus/metric_family.h>

#include <memory>
#include <string>
#include <vector>

#include "metrics/call_metrics.hpp"
#include "metrics/exposition.hpp"

namespace {

using namespace tokenweir;
using namespace std::chrono_literals;

FinishedCall streamed_chat(const std::string& model) {
    auto call = std::make_shared<LlmCall>();
    call->trace = {.trace_id = {1}, .span_id = {2}, .parent_span_id = {}, .sampled = true};
    call->route = "openai";
    call->operation = "chat";
    call->provider = "openai";
    call->request_model = model;
    call->settings.stream = true;
    call->generation = true;
    call->status = 200;
    call->response_streamed = true;
    call->usage = {.input = 1800,
                   .output = 240,
                   .cache_read = 1024,
                   .cache_creation = {},
                   .reasoning = 64,
                   .source = UsageSource::reported};
    call->timings.ended = call->timings.started + 3s;
    call->timings.first_byte = call->timings.started + 300ms;
    call->timings.first_token = call->timings.started + 320ms;
    call->timings.first_answer = call->timings.started + 900ms;
    call->timings.add(Phase::connect, 5us);
    call->timings.add(Phase::upstream_wait, 300ms);
    call->timings.add(Phase::generation, 2699ms);
    call->finish_reasons = {"stop"};
    call->response_model = model + "-2025-08-07";
    call->output_events = 240;
    for (int i = 0; i < 239; ++i) call->gaps.add(0.01, 5);
    call->request_body_bytes = 9000;
    call->response_body_bytes = 70000;
    return call;
}

/// One model, one thread or two: label sets that exist.
void consume_streamed_chat(benchmark::State& state) {
    static metrics::CallMetrics metrics;
    const FinishedCall call = streamed_chat("gpt-5-mini");
    metrics.consume(call);
    metrics.Collect();  // the label set exists from here on
    for (auto _ : state) metrics.consume(call);
}
BENCHMARK(consume_streamed_chat)->Threads(1)->Threads(2);

/// 200 models in turn: every look-up misses the processor's first cache.
void consume_many_models(benchmark::State& state) {
    metrics::CallMetrics metrics;
    std::vector<FinishedCall> calls;
    for (int i = 0; i < 200; ++i) calls.push_back(streamed_chat("vendor/model-" + std::to_string(i)));
    for (const auto& call : calls) metrics.consume(call);
    metrics.Collect();
    std::size_t next = 0;
    for (auto _ : state) metrics.consume(calls[next++ % calls.size()]);
}
BENCHMARK(consume_many_models);

/// A model beyond the budget: counted under "other" without a detour.
void consume_over_budget(benchmark::State& state) {
    metrics::CallMetrics metrics({.labels = {.max_models = 1}});
    metrics.consume(streamed_chat("first"));
    const FinishedCall call = streamed_chat("one-too-many");
    metrics.consume(call);
    metrics.Collect();
    for (auto _ : state) metrics.consume(call);
}
BENCHMARK(consume_over_budget);

/// A scrape, by number of models.
void scrape(benchmark::State& state) {
    metrics::CallMetrics metrics({.labels = {.max_models = 1000}});
    for (int i = 0; i < state.range(0); ++i) metrics.consume(streamed_chat("vendor/model-" + std::to_string(i)));
    const metrics::Exposition exposition({&metrics}, &metrics);
    std::size_t bytes = 0;
    for (auto _ : state) bytes = exposition.text(metrics::TextFormat::openmetrics).size();
    state.counters["bytes"] = static_cast<double>(bytes);
}
BENCHMARK(scrape)->Arg(1)->Arg(20)->Arg(200)->Unit(benchmark::kMillisecond);

}  // namespace
