/// What it costs to price a call, and to read the prices.
#include <benchmark/benchmark.h>

#include <chrono>
#include <string>

#include "metrics/cost_enricher.hpp"
#include "metrics/price_reader.hpp"

namespace {

using namespace tokenweir;

metrics::PriceCatalogue shipped() {
    const metrics::PriceText text = metrics::shipped_prices();
    return metrics::read_prices({&text, 1});
}

void price(benchmark::State& state, const std::string& provider, const std::string& model) {
    static const metrics::CostEnricher costs(shipped());
    LlmCall call;
    call.provider = provider;
    call.response_model = model;
    call.generation = true;
    call.timings.started_at = std::chrono::system_clock::now();
    call.usage = {.input = 1800,
                  .output = 240,
                  .cache_read = 1024,
                  .cache_creation = {},
                  .reasoning = 64,
                  .source = UsageSource::reported};
    for (auto _ : state) {
        costs.enrich(call);
        benchmark::DoNotOptimize(call.cost);
    }
}

BENCHMARK_CAPTURE(price, by_its_name, "openai", "gpt-5-mini")->Threads(1)->Threads(2);
BENCHMARK_CAPTURE(price, dated, "openai", "gpt-5-mini-2025-08-07");
BENCHMARK_CAPTURE(price, bedrock, "aws.bedrock", "us.anthropic.claude-sonnet-4-5-20250929-v1:0");
BENCHMARK_CAPTURE(price, by_vendor, "openrouter", "anthropic/claude-sonnet-4.5");
BENCHMARK_CAPTURE(price, unknown, "openai", "no-such-model-2025-08-07");

void read_shipped_prices(benchmark::State& state) {
    for (auto _ : state) benchmark::DoNotOptimize(shipped());
}
BENCHMARK(read_shipped_prices)->Unit(benchmark::kMillisecond);

}  // namespace
