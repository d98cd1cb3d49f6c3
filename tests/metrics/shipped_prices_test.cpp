/// The catalogue that comes with the program.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "metrics/cost.hpp"
#include "metrics/price_reader.hpp"

namespace tokenweir::metrics {
namespace {

using namespace std::chrono;

const PriceCatalogue& shipped() {
    static const PriceText text = shipped_prices();
    static const PriceCatalogue catalogue = read_prices({&text, 1});
    return catalogue;
}

/// Dollars for a million tokens in and a million out, or a negative number.
double for_a_million(const char* provider, const char* model, const char* tier = "",
                     sys_days day = 2026y / November / 24) {
    LlmCall call;
    call.provider = provider;
    call.request_model = model;
    call.service_tier = tier;
    call.generation = true;
    call.timings.started_at = day + hours(12);
    call.usage.input = 10'000;
    call.usage.output = 10'000;
    return cost_of(call, shipped()).usd.value_or(-0.01) * 100;
}

TEST_SUITE("shipped_prices") {
    TEST_CASE("has its date, and prices for the hosted providers of the built-in routes") {
        REQUIRE(shipped().origins.size() == 1);
        CHECK(shipped().origins[0].models > 200);
        CHECK(shipped().origins[0].as_of >= sys_days(2026y / November / 1));
        for (const char* provider : {"openai", "anthropic", "gcp.gemini", "mistral_ai", "groq", "deepseek", "x_ai",
                                     "cohere", "together", "moonshot_ai", "cerebras", "aws.bedrock"}) {
            CAPTURE(provider);
            const auto found = shipped().providers.find(provider);
            REQUIRE(found != shipped().providers.end());
            CHECK(!found->second.models.empty());
        }
    }

    TEST_CASE("no price is out of this world, and a cache read is never dearer than reading") {
        for (const auto& [provider, prices] : shipped().providers)
            for (const auto& [name, model] : prices.models) {
                CAPTURE(provider);
                CAPTURE(name);
                for (const PricePeriod& period : *model)
                    for (const PriceTier& tier : period.tiers)
                        for (const PriceBand& band : tier.bands) {
                            const auto price = [&](TokenKind kind) { return band.prices[index_of(kind)]; };
                            CHECK(*std::ranges::max_element(band.prices) <= 1'000'000'000);
                            CHECK(price(TokenKind::cache_read) <= price(TokenKind::input));
                            CHECK(price(TokenKind::cache_write) <= price(TokenKind::cache_write_1h));
                        }
            }
    }

    TEST_CASE("is right where it is known by heart") {
        CHECK(for_a_million("openai", "gpt-4o-mini-2024-07-18") == doctest::Approx(0.75));
        CHECK(for_a_million("openai", "gpt-4o-2024-05-13") == doctest::Approx(20));
        CHECK(for_a_million("openai", "gpt-5", "flex") == doctest::Approx(5.625));
        CHECK(for_a_million("openai", "gpt-5", "scale") < 0);
        CHECK(for_a_million("openai", "o3", "", 2025y / June / 9) == doctest::Approx(50));
        CHECK(for_a_million("openai", "o3", "", 2025y / June / 10) == doctest::Approx(10));
        CHECK(for_a_million("azure.ai.openai", "gpt-4.1") == doctest::Approx(10));
        CHECK(for_a_million("anthropic", "claude-opus-4-6-20260205") == doctest::Approx(30));
        CHECK(for_a_million("anthropic", "claude-opus-5-5", "standard_us") == doctest::Approx(26.4));
        CHECK(for_a_million("anthropic", "claude-opus-5-5", "fast") == doctest::Approx(48));
        CHECK(for_a_million("aws.bedrock", "us.anthropic.claude-sonnet-4-5-20250929-v1:0") == doctest::Approx(19.8));
        CHECK(for_a_million("aws.bedrock", "global.anthropic.claude-sonnet-4-5-20250929-v1:0") == doctest::Approx(18));
        CHECK(for_a_million("aws.bedrock", "anthropic.claude-sonnet-4-5-20250929-v1:0") < 0);  // depends on the region
        CHECK(for_a_million("gcp.vertex_ai", "gemini-2.5-flash") == doctest::Approx(2.8));
        CHECK(for_a_million("gcp.vertex_ai", "claude-3-7-sonnet@20250219") == doctest::Approx(18));
        CHECK(for_a_million("openrouter", "anthropic/claude-sonnet-4.5") == doctest::Approx(18));
        CHECK(for_a_million("openrouter", "anthropic/claude-4.5-sonnet-20250929") == doctest::Approx(18));
        CHECK(for_a_million("openrouter", "minimax/minimax-m2:free") < 0);
        CHECK(for_a_million("ollama", "llama3") < 0);
    }
}

}  // namespace
}  // namespace tokenweir::metrics
