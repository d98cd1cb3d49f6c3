// What it costs to look through the heads of a call for who called and what room is left: heads that say nothing of it,
// and heads that say a lot.
#include <benchmark/benchmark.h>

#include <vector>

#include "parsers/call_observer.hpp"

namespace {

using namespace tokenweir;
using namespace tokenweir::parsers;

const ObserverOptions options;

/// As curl and a bare HTTP client send it.
const std::vector<Field> plain_request{
    {"Host", "127.0.0.1:7080"},
    {"User-Agent", "python-httpx/0.28.1"},
    {"Accept", "*/*"},
    {"Accept-Encoding", "gzip, deflate"},
    {"Connection", "keep-alive"},
    {"Content-Type", "application/json"},
    {"Authorization", "Bearer sk-0000000000000000000000000000000000000000000000000000"},
    {"Content-Length", "412"},
};

const std::vector<Field> sdk_request{
    {"Host", "127.0.0.1:7080"},
    {"Accept-Encoding", "gzip, deflate"},
    {"Connection", "keep-alive"},
    {"Accept", "application/json"},
    {"Content-Type", "application/json"},
    {"User-Agent", "OpenAI/Python 2.8.1"},
    {"X-Stainless-Lang", "python"},
    {"X-Stainless-Package-Version", "2.8.1"},
    {"X-Stainless-OS", "Linux"},
    {"X-Stainless-Arch", "x64"},
    {"X-Stainless-Runtime", "CPython"},
    {"X-Stainless-Runtime-Version", "3.13.3"},
    {"Authorization", "Bearer sk-0000000000000000000000000000000000000000000000000000"},
    {"X-Stainless-Async", "false"},
    {"x-stainless-retry-count", "0"},
    {"x-stainless-read-timeout", "600"},
    {"Content-Length", "412"},
};

std::vector<Field> tagged_request() {
    std::vector<Field> fields = sdk_request;
    fields.push_back({"x-tokenweir-user", "user-0192f0c1"});
    fields.push_back({"x-tokenweir-conversation", "0192f0c1-2b3c-7d4e-8f90-a1b2c3d4e5f6"});
    fields.push_back({"x-tokenweir-tag-team", "search"});
    fields.push_back({"x-portkey-metadata", R"({"environment":"production","feature":"summaries"})"});
    return fields;
}

const std::vector<Field> plain_response{
    {"date", "Tue, 24 Nov 2026 07:00:00 GMT"},
    {"content-type", "application/json"},
    {"server", "uvicorn"},
    {"x-request-id", "0192f0c1"},
    {"content-length", "412"},
};

const std::vector<Field> openai_response{
    {"Date", "Tue, 24 Nov 2026 07:00:00 GMT"},
    {"Content-Type", "application/json"},
    {"Connection", "keep-alive"},
    {"access-control-expose-headers", "X-Request-ID"},
    {"openai-organization", "user-0000000000000000000000000"},
    {"openai-processing-ms", "412"},
    {"openai-project", "proj_000000000000000000000000"},
    {"openai-version", "2020-10-01"},
    {"x-envoy-upstream-service-time", "431"},
    {"x-ratelimit-limit-requests", "10000"},
    {"x-ratelimit-limit-tokens", "2000000"},
    {"x-ratelimit-remaining-requests", "9999"},
    {"x-ratelimit-remaining-tokens", "1999990"},
    {"x-ratelimit-reset-requests", "6ms"},
    {"x-ratelimit-reset-tokens", "1m3.5s"},
    {"x-request-id", "req_00000000000000000000000000000000"},
    {"x-openai-proxy-wasm", "v0.1"},
    {"cf-cache-status", "DYNAMIC"},
    {"X-Content-Type-Options", "nosniff"},
    {"Server", "cloudflare"},
    {"CF-RAY", "900000000000000-FRA"},
    {"Content-Length", "1412"},
};

void heads(benchmark::State& state, Fields request, Fields response) {
    constexpr std::string_view path = "/v1/chat/completions";
    for (auto _ : state) {
        LlmCall call;
        CallObserver observer(options, call, {}, {}, {});
        observer.request_head({"POST", path, path, request, "127.0.0.1"}, {"bench", "upstream.test", 443, "openai"});
        observer.response_head({200, response});
        benchmark::DoNotOptimize(observer.finish(EndCause::complete, 200, {}));
    }
}

void plain(benchmark::State& state) { heads(state, plain_request, plain_response); }
void of_an_sdk(benchmark::State& state) { heads(state, sdk_request, openai_response); }
void tagged(benchmark::State& state) { heads(state, tagged_request(), openai_response); }

BENCHMARK(plain);
BENCHMARK(of_an_sdk);
BENCHMARK(tagged);

}  // namespace
