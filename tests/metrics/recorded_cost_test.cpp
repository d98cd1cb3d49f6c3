/// What recorded calls cost, against sums done by hand from the shipped catalogue.
#include <doctest/doctest.h>

#include <cmath>
#include <map>
#include <string>

#include "metrics/cost.hpp"
#include "metrics/price_reader.hpp"
#include "tests/parsers/corpus.hpp"
#include "tests/parsers/observed.hpp"

namespace tokenweir::metrics {
namespace {

using namespace std::chrono;
using enum CostSource;

constexpr double M = 1e6;  // prices are for a million tokens
constexpr sys_days summer = 2026y / July / 1;

struct Row {
    const char* id;
    CostSource source;
    double dollars;
    WallTime time = summer + hours(12);
    const char* tier = nullptr;  ///< of a dialect that nobody reads yet: its usage is taken from the expectations
};

const Row rows[] = {
    // Claude: uncached input, cache reads, cache writes for 5 minutes or for an hour, output; searches at a cent each
    {"anthropic/messages-test_anthropic_search_panel-0", catalogue,
     2254 * 1 / M + 17269 * 1.25 / M + 110 * 5 / M + 1 * 0.01},
    {"anthropic/messages-test_anthropic_search_panel-1", catalogue,
     3 * 1 / M + 17269 * 0.1 / M + 37 * 1.25 / M + 10 * 5 / M},
    {"anthropic/messages-rig-prompt_caching-matrix_manual_automatic_1h_prefix_unset_tools_streaming-0", catalogue,
     3 * 3 / M + 9709 * 6 / M + 7 * 15 / M},
    {"anthropic/messages-rig-prompt_caching-matrix_automatic_1h_prefix_1h_tools_streaming-0", catalogue,
     3 * 3 / M + 9705 * 6 / M + 7 * 15 / M},
    {"anthropic/messages-rig-prompt_caching-matrix_manual_automatic_1h_prefix_unset_no_tools_streaming-0", catalogue,
     3 * 3 / M + 4567 * 6 / M + 7 * 15 / M},
    {"anthropic/messages-rig-prompt_caching-streaming_prompt_caching_reuses_tool_cache-1", catalogue,
     3 * 3 / M + 9687 * 0.3 / M + 7 * 15 / M},
    {"anthropic/messages-rig-prompt_caching-conformance_blocking_probe-2", catalogue,
     3 * 3 / M + 5368 * 0.3 / M + 6 * 15 / M},
    {"anthropic/messages-test_anthropic_code_execution_files_cache_prefix_stable-messages-sonne-2", catalogue,
     4 * 3 / M + 9134 * 0.3 / M + 237 * 3.75 / M + 156 * 15 / M},
    {"anthropic/messages-anthropic-code-execution-20260120-prompt-cache.1.chunks-0", catalogue,
     6 * 2 / M + 6289 * 0.2 / M + 3337 * 2.5 / M + 198 * 10 / M},
    {"anthropic/messages-fantasy-TestAnthropicWebSearch-stream-1", catalogue, 33652 * 3 / M + 547 * 15 / M + 1 * 0.01},
    {"anthropic/messages-test_anthropic_web_search_tool_stream-0", catalogue, 31772 * 3 / M + 644 * 15 / M + 2 * 0.01},

    // OpenAI: cached tokens are part of the prompt, reasoning is part of the completion
    {"openai/chat_completions-rig-prompt_caching-chat_completions_streaming_probe-0", catalogue,
     (4597 - 4480) * 0.15 / M + 4480 * 0.075 / M + 4 * 0.6 / M},
    {"openai/chat_completions-rig-prompt_caching-chat_completions_agent_loop-1", catalogue,
     (4556 - 4480) * 0.15 / M + 4480 * 0.075 / M + 4 * 0.6 / M},
    {"openai/chat_completions-test_openai_prompt_caching_async_with_events_with_content-2", catalogue,
     (1150 - 1024) * 0.15 / M + 1024 * 0.075 / M + 313 * 0.6 / M},
    {"openai/chat_completions-test_token_counts-0", catalogue, (20 - 1) * 0.15 / M + 1 * 0.075 / M + 4 * 0.6 / M},
    {"openai/chat_completions-fantasy-TestImageUploadAgentStreaming-openai-gpt-5-stream-0", catalogue,
     232 * 1.25 / M + 96 * 10 / M},
    {"openai/chat_completions-fantasy-TestOpenAICommon-openai-gpt-5-multi_tool_streaming-0", catalogue,
     190 * 1.25 / M + 379 * 10 / M},
    {"openai/chat_completions-rig-max_completion_tokens_matrix-reasoning_gpt5_nano_tool_turn_streaming_cap-0",
     catalogue, 160 * 0.05 / M + 154 * 0.4 / M},
    {"openai/responses-test_openai_responses_streaming_usage-0", catalogue, 53 * 0.625 / M + 469 * 5 / M,
     summer + hours(12), "flex"},
    {"openai/responses-test_openai_service_tier_affects_pricing-0", catalogue, 13 * 5 / M + 5 * 30 / M,
     summer + hours(12), "priority"},

    // Azure, as OpenAI
    {"azure/chat_completions-fantasy-TestAzureCommon-azure-gpt-5-mini-tool-1", catalogue, 176 * 0.25 / M + 339 * 2 / M},
    {"azure/chat_completions-fantasy-TestAzureThinking-azure-gpt-5-mini-thinking-streaming-1", catalogue,
     176 * 0.25 / M + 592 * 2 / M},

    // DeepSeek, before it had peak hours; in one of them, on a Tuesday; and outside of them
    {"deepseek/chat_completions-rig-prompt_caching-streaming_probe-0", catalogue,
     (5129 - 5120) * 0.14 / M + 5120 * 0.0028 / M + 16 * 0.28 / M},
    {"deepseek/chat_completions-rig-prompt_caching-streaming_probe-0", catalogue,
     (5129 - 5120) * 0.3 / M + 5120 * 0.006 / M + 16 * 1.2 / M, sys_days(2026y / November / 24) + hours(2)},
    {"deepseek/chat_completions-rig-prompt_caching-streaming_probe-0", catalogue,
     (5129 - 5120) * 0.15 / M + 5120 * 0.003 / M + 16 * 0.6 / M, sys_days(2026y / November / 24) + hours(12)},
    {"deepseek/chat_completions-test_deepseek_deferred_capability_with_thinking-2", catalogue,
     (976 - 896) * 0.14 / M + 896 * 0.0028 / M + 61 * 0.28 / M},

    // Others that speak like OpenAI
    {"groq/chat_completions-rig-prompt_caching-streaming_probe-2", catalogue, 1824 * 0.075 / M + 16 * 0.3 / M},
    {"mistral/chat_completions-rig-agent_tool_sessions-sequential_complex_tool_calls_streaming-5", catalogue,
     1019 * 0.15 / M + 29 * 0.6 / M},
    {"mistral/chat_completions-test_multimodal_tool_return_matrix-tool_return_content-url_force_downl-2", catalogue,
     (979 - 48) * 1.5 / M + 48 * 0.15 / M + 161 * 7.5 / M},
    {"mistral/chat_completions-test_multimodal_tool_return_matrix-tool_return_content-url_force_downl-2", catalogue,
     (979 - 48) * 0.4 / M + 48 * 0.04 / M + 161 * 2 / M, sys_days(2026y / June / 15)},
    {"together/chat_completions-har-should-set-attributes-in-span-for-function-calling_1703714575-0", catalogue,
     333 * 0.88 / M + 17 * 0.88 / M},
    {"cerebras/chat_completions-test_cerebras_thinking_part_survives_multiturn-1", catalogue,
     98 * 0.35 / M + 47 * 0.75 / M},
    {"moonshot/chat_completions-moonshotai-tool-call-0", catalogue, 30 * 3 / M + 12 * 15 / M},
    {"moonshot/chat_completions-moonshotai-reasoning-0", catalogue, (20 - 10) * 0.95 / M + 10 * 0.16 / M + 30 * 4 / M},

    // Those that state the cost; the sums are by their own prices
    {"openrouter/chat_completions-test_openrouter_images-1", provider, 8521 * 0.15 / M + 75 * 0.6 / M},
    {"openrouter/chat_completions-test_openrouter_web_search_tool_usage_stream-0", provider,
     8174 * 0.4 / M + 30 * 1.6 / M + 1 * 0.01},
    {"vercel-gateway/chat_completions-fantasy-TestVercelCommon-claude-sonnet-4-multi_tool_streaming-1", provider,
     700 * 3 / M + 31 * 15 / M},
    {"perplexity/chat_completions-rig-prompt_caching-blocking_probe-2", provider, 0.00439 + 0.005},
    {"venice/chat_completions-rig-prompt_caching-streaming_probe-2", provider, 0.0005842},
    {"xai/chat_completions-fantasy-TestOpenAICompatibleCommon-xai-grok-code-fast-multi_tool_streaming-1", provider,
     (818 - 704) * 0.2 / M + 704 * 0.02 / M + (25 + 54) * 1.5 / M},
    {"xai/chat_completions-fantasy-TestOpenAICompatibleCommon-xai-grok-4-fast-multi_tool-1", provider,
     (670 - 618) * 0.2 / M + 618 * 0.05 / M + (25 + 44) * 0.5 / M},
    {"anthropic/messages-rig-streaming-gateway_message_delta_metadata-0", provider, 32 * 1 / M + 16 * 5 / M},

    // Those that nothing is known of
    {"groq/chat_completions-test_groq_model_web_search_tool_stream-0", unpriced, 0},
    {"cerebras/chat_completions-test_openai_model_cerebras_provider_qwen_3_coder-1", unpriced, 0},
};

std::vector<Field> fields(const test::HeaderList& headers) {
    std::vector<Field> all;
    for (const auto& [name, value] : headers) all.push_back({name, value});
    return all;
}

LlmCall told(const test::Interaction& one) {
    test::Told told;
    told.path = one.target;
    told.method = one.method;
    told.provider = one.expected.provider;
    told.request_fields = fields(one.request_headers);
    told.request = one.request_body;
    told.status = one.expected.status;
    told.response_fields = fields(one.response_headers);
    told.pieces = {one.response_body};
    return test::observe(told);
}

LlmCall expected(const test::Interaction& one, const char* tier) {
    LlmCall call;
    call.provider = one.expected.provider;
    call.request_model = one.expected.request_model;
    call.response_model = one.expected.response_model;
    call.generation = true;
    call.usage.input = one.expected.input;
    call.usage.output = one.expected.output;
    call.usage.reasoning = one.expected.reasoning;
    call.service_tier = tier;
    return call;
}

TEST_SUITE("recorded costs") {
    TEST_CASE("recorded calls cost what was worked out by hand, to the micro-dollar") {
        std::map<std::string, test::Interaction> recorded;
        for (test::Interaction& one : test::load_corpus()) recorded.emplace(one.id, std::move(one));
        if (recorded.empty()) {
            MESSAGE("skipped: there is no recorded traffic beside the project");
            return;
        }
        const PriceText text = shipped_prices();
        const PriceCatalogue prices = read_prices({&text, 1});
        for (const Row& row : rows) {
            CAPTURE(std::string(row.id));
            REQUIRE(recorded.count(row.id) == 1);
            const test::Interaction& one = recorded.at(row.id);
            LlmCall call = row.tier == nullptr ? told(one) : expected(one, row.tier);
            call.timings.started_at = row.time;
            const Cost cost = cost_of(call, prices);
            CHECK(cost.source == row.source);
            CHECK(cost.usd.has_value() == (row.source != unpriced));
            CHECK(std::abs(cost.usd.value_or(0) - row.dollars) < 1e-9);
        }
    }
}

}  // namespace
}  // namespace tokenweir::metrics
