/// What a call costs: every rule of docs/cost.md, and both sides of each limit.
#include "metrics/cost.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <string>
#include <string_view>

#include "metrics/price_reader.hpp"
#include "tests/metrics/allocation_probe.hpp"

namespace tokenweir::metrics {
namespace {

using enum TokenKind;
using namespace std::chrono;

constexpr std::string_view yaml = R"(
providers:
  p:
    models:
      m:
        input: 1
        cache_read: 0.1
        cache_write: 1.25
        cache_write_1h: 2
        audio_input: 3
        audio_cache_read: 0.3
        image_input: 4
        output: 10
        reasoning: 20
        audio_output: 30
        image_output: 40
        tiers: {priority: {input: 2, output: 20}, batch: {factor: 0.5}}
        above: {200000: {input: 5, output: 50}}
        units: {searches: 0.01, seconds: 0.0001}
        from: {2027-01-01: {input: 7, output: 70}}
      embeddings: {input: 0.5}
      transcriptions: {units: {seconds: 0.0001}}
      free: {input: 0, output: 0}
      peak: {input: 1, output: 1, hours: {mon-fri 01:00-04:00: {input: 2, output: 2}}}
)";

const PriceCatalogue& catalogue() {
    static const PriceText text{"file", "prices.yaml", yaml};
    static const PriceCatalogue prices = read_prices({&text, 1});
    return prices;
}

/// A call of model m, in 2026, with 1000 tokens in and 100 out.
LlmCall call_of(std::string model = "m") {
    LlmCall call;
    call.provider = "p";
    call.request_model = std::move(model);
    call.generation = true;
    call.timings.started_at = sys_days(2026y / June / 1);
    call.usage.input = 1000;
    call.usage.output = 100;
    call.usage.source = UsageSource::reported;
    return call;
}

Cost cost(const LlmCall& call) { return cost_of(call, catalogue()); }
Cost priced(double usd) { return {usd, CostSource::catalogue}; }
constexpr Cost nothing{};
constexpr Cost unpriced{{}, CostSource::unpriced};

TEST_SUITE("cost") {
    TEST_CASE("tokens fall into kinds that do not overlap and add up to the totals") {
        struct Row {
            const char* name;
            TokenUsage usage;
            TokenCounts expected;
        };
        const auto counts = [](std::initializer_list<std::pair<TokenKind, std::int64_t>> stated) {
            TokenCounts all{};
            for (const auto& [kind, count] : stated) all[index_of(kind)] = count;
            return all;
        };
        const auto usage = [](std::optional<std::int64_t> in, std::optional<std::int64_t> out) {
            TokenUsage made;
            made.input = in;
            made.output = out;
            return made;
        };
        Row rows[] = {
            {"totals alone", usage(100, 10), counts({{input, 100}, {output, 10}})},
            {"nothing", usage({}, {}), counts({})},
            {"cache reads and writes", usage(100, 10),
             counts({{input, 30}, {cache_read, 50}, {cache_write, 12}, {cache_write_1h, 8}, {output, 10}})},
            {"reasoning", usage(100, 10), counts({{input, 100}, {output, 4}, {reasoning, 6}})},
            {"parts beyond the total", usage(100, 10), counts({{cache_read, 80}, {cache_write, 20}, {reasoning, 10}})},
            {"more of an hour than was written", usage(100, 10),
             counts({{input, 80}, {cache_write_1h, 20}, {output, 10}})},
            {"parts without a total", usage({}, {}), counts({{cache_read, 40}, {cache_write, 2}, {reasoning, 3}})},
            {"audio and images, some of the audio cached", usage(100, 50),
             counts({{input, 20},
                     {cache_read, 10},
                     {audio_cache_read, 20},
                     {audio_input, 40},
                     {image_input, 10},
                     {output, 5},
                     {reasoning, 5},
                     {audio_output, 30},
                     {image_output, 10}})},
            {"negative figures", usage(-5, -1), counts({})},
        };
        rows[2].usage.cache_read = 50;
        rows[2].usage.cache_creation = 20;
        rows[2].usage.cache_creation_1h = 8;
        rows[3].usage.reasoning = 6;
        rows[4].usage.cache_read = 80;
        rows[4].usage.cache_creation = 80;
        rows[4].usage.reasoning = 30;
        rows[5].usage.cache_creation = 20;
        rows[5].usage.cache_creation_1h = 30;
        rows[6].usage.cache_read = 40;
        rows[6].usage.cache_creation = 2;
        rows[6].usage.reasoning = 3;
        rows[7].usage.cache_read = 30;
        rows[7].usage.audio_input = 60;
        rows[7].usage.audio_cache_read = 20;
        rows[7].usage.image_input = 10;
        rows[7].usage.reasoning = 5;
        rows[7].usage.audio_output = 30;
        rows[7].usage.image_output = 10;
        rows[8].usage.cache_read = -3;
        for (const Row& row : rows) {
            CAPTURE(row.name);
            LlmCall call = call_of();
            call.usage = row.usage;
            CHECK(count_tokens(call) == row.expected);
        }
    }

    TEST_CASE("each kind has its price and the sum is exact") {
        LlmCall call = call_of();
        CHECK(cost(call) == priced(0.002));  // 1000 * 1 + 100 * 10 millionths
        call.usage.cache_read = 500;
        call.usage.cache_creation = 300;
        call.usage.cache_creation_1h = 100;
        call.usage.reasoning = 60;
        CHECK(cost(call) == priced(0.0023));  // 200*1 + 500*0.1 + 200*1.25 + 100*2 + 40*10 + 60*20
        call.usage.cache_read = 1;
        call.usage.cache_creation = call.usage.cache_creation_1h = call.usage.reasoning = {};
        CHECK(cost(call) == priced(0.0019991));
    }

    TEST_CASE("the largest figures are summed without overflow") {
        LlmCall call = call_of();
        call.usage.input = std::numeric_limits<std::int64_t>::max();
        call.usage.output = std::numeric_limits<std::int64_t>::max();
        CHECK(*cost(call).usd == doctest::Approx(9.223372036854775807e18 * (5 + 50) / 1e6));
    }

    TEST_CASE("partial usage is priced as far as it is known") {
        LlmCall call = call_of();
        call.usage = {};
        call.usage.input = 1000;
        call.usage.source = UsageSource::partial;
        call.outcome = Outcome::cancelled_mid_stream;
        CHECK(cost(call) == priced(0.001));
        call.usage.input.reset();
        call.usage.output = 100;
        CHECK(cost(call) == priced(0.001));
    }

    TEST_CASE("above a number of input tokens, cached ones included, the whole call costs more") {
        LlmCall call = call_of();
        call.usage.input = 200'000;
        call.usage.output = 0;
        CHECK(cost(call) == priced(0.2));
        call.usage.input = 200'001;
        CHECK(cost(call) == priced(1.000005));
        call.usage.cache_read = 200'000;
        CHECK(cost(call) == priced(0.020005));  // 1 * 5 + 200000 * 0.1: reads cost the same in this band
        call.service_tier = "priority";         // which states no bands
        CHECK(cost(call) == priced(0.020002));
        call.service_tier = "batch";
        CHECK(cost(call) == priced(0.0100025));
    }

    TEST_CASE("a tier has its prices; one that is not listed has none") {
        LlmCall call = call_of();
        for (const char* standard : {"", "default", "standard", "auto", "on_demand", "ON_DEMAND", "standard_only"}) {
            call.service_tier = standard;
            CHECK(cost(call) == priced(0.002));
        }
        call.service_tier = "priority";
        CHECK(cost(call) == priced(0.004));
        call.service_tier = "Priority";
        CHECK(cost(call) == priced(0.004));
        call.service_tier = "batch";
        CHECK(cost(call) == priced(0.001));
        for (const char* unlisted : {"flex", "provisioned", "priority2", "prioritx"}) {
            call.service_tier = unlisted;
            CHECK(cost(call) == unpriced);
        }
    }

    TEST_CASE("the day on which the call began decides") {
        LlmCall call = call_of();
        call.timings.started_at = sys_days(2027y / January / 1) - microseconds(1);
        CHECK(cost(call) == priced(0.002));
        call.timings.started_at = sys_days(2027y / January / 1);
        CHECK(cost(call) == priced(0.014));
        call.timings.started_at = WallTime();
        CHECK(cost(call) == priced(0.002));
    }

    TEST_CASE("and so does its hour") {
        LlmCall call = call_of("peak");
        call.timings.started_at = sys_days(2026y / November / 24) + hours(1);  // a Tuesday
        CHECK(cost(call) == priced(0.0022));
        call.timings.started_at += hours(3);
        CHECK(cost(call) == priced(0.0011));
    }

    TEST_CASE("the model that answered is looked up before the one that was asked for") {
        LlmCall call = call_of("free");
        call.response_model = "m-20260101";
        CHECK(cost(call) == priced(0.002));
        call.response_model = "deployment-7";
        CHECK(cost(call) == priced(0));
        call.request_model = "";
        CHECK(cost(call) == unpriced);
        call.response_model = "";
        CHECK(cost(call) == Cost{{}, CostSource::no_model});
    }

    TEST_CASE("a model or a provider that is not there is unpriced, never free") {
        CHECK(cost(call_of("n")) == unpriced);
        CHECK(cost(call_of("M")) == unpriced);
        CHECK(cost(call_of("m-mini")) == unpriced);
        LlmCall call = call_of();
        call.provider = "q";
        CHECK(cost(call) == unpriced);
        CHECK(cost(call_of("free")) == priced(0));
    }

    TEST_CASE("tokens of a kind without a price leave the call unpriced") {
        LlmCall call = call_of("embeddings");
        CHECK(cost(call) == unpriced);
        call.usage.output = 0;
        CHECK(cost(call) == priced(0.0005));
        call.usage.output.reset();
        CHECK(cost(call) == priced(0.0005));
        CHECK(cost(call_of("transcriptions")) == unpriced);
    }

    TEST_CASE("units are added when the model has a price for them") {
        LlmCall call = call_of();
        call.units = {{"searches", 2}, {"seconds", 1.5}, {"others", 7}};
        CHECK(cost(call) == priced(0.02215));  // 0.002 + 2*0.01 + 1.5*0.0001
        call.units = {{"searches", -1},
                      {"seconds", std::numeric_limits<double>::quiet_NaN()},
                      {"seconds", std::numeric_limits<double>::infinity()}};
        CHECK(cost(call) == priced(0.002));

        call = call_of("transcriptions");
        call.usage = {};
        call.units = {{"seconds", 90}};
        CHECK(cost(call) == priced(0.009));
        call.units = {{"others", 90}};
        CHECK(cost(call) == nothing);
        call.units = {{"seconds", 1e-7}};  // less than is counted
        CHECK(cost(call) == priced(0));
        call.service_tier = "batch";
        CHECK(cost(call) == unpriced);
    }

    TEST_CASE("what the provider bills takes the place of what it counts") {
        LlmCall call = call_of();
        call.usage.cache_read = 500;
        call.units = {{"billed_input_tokens", 10}, {"billed_output_tokens", 5}};
        CHECK(cost(call) == priced(0.00006));  // 10*1 + 5*10
        call.units = {{"billed_input_tokens", 10}};
        CHECK(cost(call) == priced(0.00101));
        call.units = {{"billed_input_tokens", -10}};
        CHECK(cost(call) == priced(0.00155));
    }

    TEST_CASE("nothing to bill has neither a cost nor a reason for having none") {
        LlmCall call = call_of();
        call.usage = {};
        CHECK(cost(call) == nothing);  // the wire did not say: tokenweir_usage_missing_total counts it
        call.outcome = Outcome::rate_limited;
        CHECK(cost(call) == nothing);
        call = call_of();
        call.generation = false;
        CHECK(cost(call) == nothing);
    }

    TEST_CASE("a cost that the provider stated is kept") {
        LlmCall call = call_of("unknown");
        call.cost = 0.25;
        call.cost_source = CostSource::provider;
        CHECK(cost(call) == Cost{0.25, CostSource::provider});
        call.usage = {};
        CHECK(cost(call) == Cost{0.25, CostSource::provider});
    }

    TEST_CASE("pricing a call allocates nothing, whether its model is known or not") {
        LlmCall calls[] = {call_of(), call_of("m-2026-01-01"), call_of("eu.m-20260101-v1:0"), call_of("unknown/model")};
        catalogue();
        const std::size_t before = test::allocations();
        double sum = 0;
        for (const LlmCall& call : calls) sum += cost(call).usd.value_or(0);
        CHECK(test::allocations() == before);
        CHECK(sum == 0.006);
    }
}

}  // namespace
}  // namespace tokenweir::metrics
