// What observing costs: per event of a stream as the relay shows it, per whole answer, and per open call in memory.
#include <benchmark/benchmark.h>

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "parsers/call_observer.hpp"

namespace {

using namespace tokenweir;
using namespace tokenweir::parsers;
using namespace std::chrono_literals;

const ObserverOptions options;

const std::array<Field, 1> event_stream{Field{"content-type", "text/event-stream"}};
const std::array<Field, 1> json{Field{"content-type", "application/json"}};

constexpr std::array<std::string_view, 8> tokens{" river",     " a", "th",          "\\n\\n",
                                                 " measuring", ".",  " \\u00fcber", " flow"};

std::string openai_chunk(std::size_t i, bool obfuscated) {
    std::string text =
        R"(data: {"id":"chatcmpl-B9MBs8CjcvOU2jLn4n570S5qMJKcT","object":"chat.completion.chunk","created":)"
        R"(1741569952,"model":"gpt-4o-2024-08-06","service_tier":"default","system_fingerprint":)"
        R"("fp_50cad350e4","choices":[{"index":0,"delta":{"content":")";
    text += tokens[i % tokens.size()];
    text += R"("},"logprobs":null,"finish_reason":null}],"usage":null)";
    if (obfuscated) text += R"(,"obfuscation":")" + std::string(i * 5 % 16, 'x') + '"';
    return text + "}\n\n";
}

std::string anthropic_delta(std::size_t i) {
    std::string text =
        "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":"
        "{\"type\":\"text_delta\",\"text\":\"";
    text += tokens[i % tokens.size()];
    return text + "\"}" + std::string(i % 7, ' ') + "}\n\n";
}

/// Every event says something that has to be read: nothing is recognised by its shape.
std::string logprobs_chunk(std::size_t i) {
    std::string text = openai_chunk(i, false);
    const std::string value =
        R"("logprobs":{"content":[{"token":"x","logprob":-0.)" + std::to_string(i * 7919 % 100'000) + "}]}";
    return text.replace(text.find(R"("logprobs":null)"), 15, value);
}

/// Pieces of `events` events each, made by `make`.
template <class Make>
std::vector<std::string> pieces(std::size_t events, Make&& make) {
    std::vector<std::string> all;
    for (std::size_t i = 0; i < 64; ++i) {
        std::string piece;
        for (std::size_t event = 0; event < events; ++event) piece += make(i * events + event);
        all.push_back(std::move(piece));
    }
    return all;
}

void begin(CallObserver& observer, std::string_view path, Fields response_fields) {
    observer.request_head({"POST", path, path, {}, "127.0.0.1"}, {"bench", "upstream.test", 443, "openai"});
    observer.request_piece(R"({"model":"gpt-4o","messages":[{"role":"user","content":"Hi"}],"stream":true})");
    observer.request_end();
    observer.response_head({200, response_fields});
}

void stream(benchmark::State& state, std::string_view path, const std::vector<std::string>& shown, std::size_t events) {
    LlmCall call;
    CallObserver observer(options, call, {}, {}, {});
    begin(observer, path, event_stream);
    Instant now{};
    std::size_t i = 0;
    for (auto _ : state) observer.response_piece(shown[i++ % shown.size()], now += 20ms);
    const auto seen = static_cast<double>(observer.call().output_events);
    if (seen != static_cast<double>(state.iterations()) * static_cast<double>(events))
        state.SkipWithError("an event was missed");
    state.counters["per_event"] = benchmark::Counter(seen, benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

constexpr std::string_view chat = "/v1/chat/completions";
constexpr std::string_view messages = "/v1/messages";

void openai_one_event_a_piece(benchmark::State& state) {
    stream(state, chat, pieces(1, [](std::size_t i) { return openai_chunk(i, false); }), 1);
}
void openai_sixteen_events_a_piece(benchmark::State& state) {
    stream(state, chat, pieces(16, [](std::size_t i) { return openai_chunk(i, false); }), 16);
}
void openai_obfuscated(benchmark::State& state) {
    stream(state, chat, pieces(1, [](std::size_t i) { return openai_chunk(i, true); }), 1);
}
void openai_never_alike(benchmark::State& state) { stream(state, chat, pieces(1, logprobs_chunk), 1); }
void anthropic_one_event_a_piece(benchmark::State& state) { stream(state, messages, pieces(1, anthropic_delta), 1); }
void anthropic_sixteen_events_a_piece(benchmark::State& state) {
    stream(state, messages, pieces(16, anthropic_delta), 16);
}

/// A whole call: head, request, a 1.4 KB answer, record.
void whole_answer(benchmark::State& state) {
    const std::string body =
        R"({"id":"chatcmpl-B9MBs8CjcvOU2jLn4n570S5qMJKcT","object":"chat.completion","created":1741569952,"model":)"
        R"("gpt-4o-2024-08-06","choices":[{"index":0,"message":{"role":"assistant","content":")" +
        std::string(820, 't') +
        R"(","refusal":null,"annotations":[]},"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":19,)"
        R"("completion_tokens":10,"total_tokens":29,"prompt_tokens_details":{"cached_tokens":0,"audio_tokens":0},)"
        R"("completion_tokens_details":{"reasoning_tokens":0,"audio_tokens":0,"accepted_prediction_tokens":0,)"
        R"("rejected_prediction_tokens":0}},"service_tier":"default","system_fingerprint":"fp_50cad350e4"})";
    for (auto _ : state) {
        LlmCall call;
        CallObserver observer(options, call, {}, {}, {});
        begin(observer, chat, json);
        observer.response_piece(body, {});
        benchmark::DoNotOptimize(observer.finish(EndCause::complete, 200, {}));
    }
    state.counters["body_bytes"] = static_cast<double>(body.size());
}

void call_without_a_body(benchmark::State& state) {
    for (auto _ : state) {
        LlmCall call;
        CallObserver observer(options, call, {}, {}, {});
        begin(observer, chat, json);
        benchmark::DoNotOptimize(observer.finish(EndCause::complete, 200, {}));
    }
}

BENCHMARK(openai_one_event_a_piece);
BENCHMARK(openai_sixteen_events_a_piece);
BENCHMARK(openai_obfuscated);
BENCHMARK(openai_never_alike);
BENCHMARK(anthropic_one_event_a_piece);
BENCHMARK(anthropic_sixteen_events_a_piece);
BENCHMARK(whole_answer);
BENCHMARK(call_without_a_body);

}  // namespace
