// The whole record of each shape that chat completions come in, at every split.
#include <doctest/doctest.h>

#include "tests/parsers/observed.hpp"

using namespace tokenweir;
using namespace tokenweir::test;

namespace {

constexpr TokenUsage usage(std::int64_t input, std::int64_t output, std::optional<std::int64_t> cached = {},
                           std::optional<std::int64_t> reasoning = {}, UsageSource source = UsageSource::reported) {
    return {input, output, cached, {}, reasoning, source};
}

constexpr TokenUsage heard(TokenUsage usage, std::int64_t audio_input) {
    usage.audio_input = audio_input;
    return usage;
}

struct Row {
    const char* name;
    const char* file;
    void (*expect)(LlmCall&);
};

/// What all of these streams have in common.
LlmCall stream_record(const Told& told, const std::string& body) {
    LlmCall call = blank(told);
    call.response_body_bytes = body.size();
    call.response_streamed = true;
    call.response_id = "chat-7";
    call.response_model = "small-1-0625";
    call.first_token_kind = OutputKind::text;
    call.finish_reasons = {"stop"};
    return call;
}

const Row rows[] = {
    {"text, with the usage in a chunk of its own", "text.sse",
     [](LlmCall& call) {
         call.output_events = 3;
         call.usage = usage(12, 5, 4, 0);
     }},
    {"a first chunk with a role and null content is no token", "null_first.sse",
     [](LlmCall& call) { call.output_events = 1; }},
    {"reasoning before the answer", "reasoning_first.sse",
     [](LlmCall& call) {
         call.output_events = 3;
         call.first_token_kind = OutputKind::reasoning;
         call.usage = usage(9, 30, {}, 25);
     }},
    {"three tool calls over two indices", "tool_calls.sse",
     [](LlmCall& call) {
         call.output_events = 7;
         call.first_token_kind = OutputKind::tool_call;
         call.tool_calls = 3;
         call.finish_reasons = {"tool_calls"};
         call.usage = usage(12, 5, 4, 0);
     }},
    {"interleaved choices finish in index order", "two_choices.sse",
     [](LlmCall& call) {
         call.output_events = 2;
         call.finish_reasons = {"stop", "length"};
     }},
    {"comments and empty deltas are no tokens", "comments.sse",
     [](LlmCall& call) {
         call.output_events = 1;
         call.usage = usage(12, 5, 4, 0);
     }},
    {"Azure's filter chunks have no delta and no name", "azure_filter_first.sse",
     [](LlmCall& call) { call.output_events = 1; }},
    {"cumulative usage in every chunk, and no end marker", "usage_in_every_chunk.sse",
     [](LlmCall& call) {
         call.output_events = 3;
         call.usage = usage(3, 3);
     }},
    {"an error event after output", "error_event.sse",
     [](LlmCall& call) {
         call.output_events = 1;
         call.finish_reasons = {};
         call.outcome = Outcome::stream_error;
         call.error_type = call.provider_error_type = "server_error";
         call.provider_error_code = "gate_jam";
     }},
    {"a rate limit under a 200", "rate_limit_event.sse",
     [](LlmCall& call) {
         call.response_id = call.response_model = "";
         call.first_token_kind.reset();
         call.finish_reasons = {};
         call.outcome = Outcome::rate_limited;
         call.error_type = call.provider_error_code = "rate_limit_exceeded";
         call.provider_error_type = "tokens";
     }},
    {"an event named error", "named_error.sse",
     [](LlmCall& call) {
         call.response_id = call.response_model = "";
         call.first_token_kind.reset();
         call.finish_reasons = {};
         call.outcome = Outcome::stream_error;
         call.error_type = call.provider_error_type = "invalid_request_error";
         call.provider_error_code = "tool_use_failed";
     }},
    {"an error beside a choice", "error_beside_choices.sse",
     [](LlmCall& call) {
         call.output_events = 1;
         call.finish_reasons = {"error"};
         call.outcome = Outcome::stream_error;
         call.error_type = call.provider_error_code = "502";
     }},
    {"padding of any length", "obfuscated.sse", [](LlmCall& call) { call.output_events = 3; }},
    {"content in parts, and padding before it", "parts.sse",
     [](LlmCall& call) {
         call.output_events = 3;
         call.first_token_kind = OutputKind::reasoning;
         call.usage = usage(6, 7);
     }},
    {"a function call of the old kind", "legacy_function.sse",
     [](LlmCall& call) {
         call.output_events = 2;
         call.first_token_kind = OutputKind::tool_call;
         call.tool_calls = 1;
         call.finish_reasons = {"function_call"};
     }},
};

std::string with_line_ends(std::string text, std::string_view end) {
    std::string changed;
    for (const char c : text)
        if (c == '\n')
            changed += end;
        else
            changed += c;
    return changed;
}

LlmCall answered(const std::string& json, std::string provider = "test") {
    Told told;
    told.provider = std::move(provider);
    told.response_fields = {{"content-type", "application/json"}};
    told.pieces = {json};
    return observe(told);
}

}  // namespace

TEST_SUITE("openai_chat") {
    TEST_CASE("reads every shape of a stream") {
        const Told told;
        for (const Row& row : rows) {
            CAPTURE(row.name);
            const std::string body = data(std::string("openai_chat/") + row.file);
            LlmCall expected = stream_record(told, body);
            row.expect(expected);
            check_at_every_split(told, body, expected);
        }
    }

    TEST_CASE("reads them with every line end and without the last blank line") {
        const Told told;
        for (const std::string_view end : {"\r\n", "\r", "\n"}) {
            std::string body = with_line_ends(data("openai_chat/text.sse"), end);
            body.resize(body.size() - 2 * end.size());
            LlmCall expected = stream_record(told, body);
            expected.output_events = 3;
            expected.usage = usage(12, 5, 4, 0);
            check_at_every_split(told, body, expected);
        }
    }

    TEST_CASE("reads an answer that is no stream") {
        Told told;
        told.response_fields = {{"content-type", "application/json"}};
        const std::string body = data("openai_chat/answer.json");
        LlmCall expected = blank(told);
        expected.response_body_bytes = body.size();
        expected.response_id = "chat-8";
        expected.response_model = "small-1-0625";
        expected.finish_reasons = {"tool_calls", "stop"};
        expected.tool_calls = 2;
        expected.usage = {20, 6, 8, 2, {}, UsageSource::reported};
        check_at_every_split(told, body, expected);
        check_at_every_split(told, " \r\n\r\n\n" + body, [&] {
            expected.response_body_bytes += 6;
            return expected;
        }());
    }

    TEST_CASE("each vendor's usage is brought to the same terms") {
        struct Row {
            const char* name;
            const char* provider;
            const char* usage;
            TokenUsage expected;
        };
        const Row usages[] = {
            {"cached tokens are a part", "openai",
             R"({"prompt_tokens":9,"completion_tokens":2,"total_tokens":11,"prompt_tokens_details":{"cached_tokens":4}})",
             usage(9, 2, 4)},
            {"xAI counts reasoning beside the output", "x_ai",
             R"({"prompt_tokens":9,"completion_tokens":2,"total_tokens":41,"completion_tokens_details":{"reasoning_tokens":30}})",
             usage(9, 32, {}, 30)},
            {"Gemini hides its thoughts in the total", "gcp.gemini",
             R"({"prompt_tokens":9,"completion_tokens":2,"total_tokens":31})", usage(9, 22)},
            {"a total that nothing explains changes nothing elsewhere", "openai",
             R"({"prompt_tokens":9,"completion_tokens":2,"total_tokens":31})", usage(9, 2)},
            {"more cached than counted: the count leaves them out", "azure.ai.inference",
             R"({"prompt_tokens":7,"completion_tokens":2,"total_tokens":9,"prompt_tokens_details":{"cached_tokens":160}})",
             usage(167, 2, 160)},
            {"Mistral counts audio in the total alone", "mistral_ai",
             R"({"prompt_tokens":9,"completion_tokens":5,"total_tokens":389,"prompt_tokens_details":{"audio_tokens":375}})",
             heard(usage(384, 5), 375)},
            {"audio inside the prompt's count stays inside", "openai",
             R"({"prompt_tokens":400,"completion_tokens":5,"total_tokens":405,"prompt_tokens_details":{"audio_tokens":375}})",
             heard(usage(400, 5), 375)},
            {"details outrank the vendors' own names", "deepseek",
             R"({"prompt_cache_hit_tokens":1,"prompt_tokens":9,"completion_tokens":2,"prompt_tokens_details":{"cached_tokens":3}})",
             usage(9, 2, 3)},
            {"DeepSeek's name", "deepseek",
             R"({"prompt_tokens":9,"completion_tokens":2,"prompt_cache_hit_tokens":6,"prompt_cache_miss_tokens":3})",
             usage(9, 2, 6)},
            {"Databricks' names",
             "databricks",
             R"({"prompt_tokens":9,"completion_tokens":2,"cache_read_input_tokens":6,"cache_creation_input_tokens":1})",
             {9, 2, 6, 1, {}, UsageSource::reported}},
            {"reasoning at the top", "copilot", R"({"prompt_tokens":9,"completion_tokens":2,"reasoning_tokens":1})",
             usage(9, 2, {}, 1)},
            {"Writer's spelling, floats and nulls", "writer",
             R"({"prompt_tokens":9.0,"completion_tokens":2e0,"total_tokens":null,"prompt_token_details":{"cached_tokens":3},"completion_tokens_details":null})",
             usage(9, 2, 3)},
            {"estimates larger than the whole are left as they are", "openrouter",
             R"({"prompt_tokens":9,"completion_tokens":2,"total_tokens":11,"completion_tokens_details":{"reasoning_tokens":3}})",
             usage(9, 2, {}, 3)},
            {"sounds and pictures, in and out",
             "openai",
             R"({"prompt_tokens":90,"completion_tokens":50,"prompt_tokens_details":{"audio_tokens":30,"image_tokens":20},"completion_tokens_details":{"audio_tokens":40,"image_tokens":5}})",
             {90, 50, {}, {}, {}, UsageSource::reported, {}, 30, {}, 20, 40, 5}},
            {"none of them", "openai",
             R"({"prompt_tokens":90,"completion_tokens":50,"prompt_tokens_details":{"audio_tokens":0,"image_tokens":null},"completion_tokens_details":{"audio_tokens":0}})",
             usage(90, 50)},
            {"numbers that are none",
             "openai",
             R"({"prompt_tokens":-9,"completion_tokens":1e40,"total_tokens":"7"})",
             {}},
        };
        for (const auto& row : usages) {
            CAPTURE(row.name);
            const LlmCall call = answered(R"({"choices":[],"usage":)" + std::string(row.usage) + "}", row.provider);
            CHECK(call.usage == row.expected);
            CHECK(call.outcome == Outcome::ok);
        }
    }

    TEST_CASE("Foundry's Grok leaves cached tokens out of the prompt even when they are fewer") {
        const LlmCall call = answered(
            R"({"model":"grok-3","choices":[],"usage":{"prompt_tokens":500,"completion_tokens":2,"total_tokens":502,"prompt_tokens_details":{"cached_tokens":160}}})",
            "azure.ai.inference");
        CHECK(call.usage == usage(660, 2, 160));
    }

    TEST_CASE("a cost that the provider states is taken over, however it is written") {
        const std::pair<const char*, std::optional<double>> rows[] = {
            {R"("cost":0.00132315)", 0.00132315},
            {R"("cost":0)", 0.0},
            {R"("cost":6.2e-7)", 6.2e-7},
            {R"("cost":"0.003561")", 0.003561},
            {R"("cost":{"input_tokens_cost":0.00002,"request_cost":0.005,"total_cost":0.00508})", 0.00508},
            {R"("cost":{"diem":0,"usd":0.0005842})", 0.0005842},
            {R"("cost_in_usd_ticks":1553800)", 0.00015538},
            {R"("cost":null)", {}},
            {R"("cost":-0.1)", {}},
            {R"("cost":"free")", {}},
            {R"("cost":"")", {}},
            {R"("cost":"1e999")", {}},
            {R"("cost":"nan")", {}},
            {R"("cost":{"credits":3})", {}},
            {R"("cost_in_usd_ticks":-1)", {}},
            {R"("cost_details":{"upstream_inference_cost":0.1})", {}},
        };
        for (const auto& [cost, dollars] : rows) {
            CAPTURE(std::string(cost));
            const LlmCall call = answered(R"({"choices":[],"usage":{"prompt_tokens":1,)" + std::string(cost) + "}}");
            CHECK(call.cost == dollars);
            CHECK(answered(R"({"choices":[],)" + std::string(cost) + "}").cost.has_value() ==
                  (dollars && !std::string_view(cost).starts_with(R"("cost_in)")));  // beside the usage, as Venice does
            CHECK(call.cost_source == (dollars ? std::optional(CostSource::provider) : std::nullopt));
        }
    }

    TEST_CASE("the tier is the response's, else the request's, and nobody's if it is left to the provider") {
        struct Row {
            const char* asked;
            const char* answered;
            const char* expected;
        };
        const Row rows[] = {
            {"", "", ""},
            {R"("service_tier":"flex",)", "", "flex"},
            {R"("service_tier":"auto",)", "", ""},
            {R"("service_tier":null,)", "", ""},
            {R"("service_tier":"priority",)", R"("service_tier":"default",)", "default"},
            {R"("service_tier":"auto",)", R"("service_tier":"priority",)", "priority"},
            {R"("service_tier":"flex",)", R"("service_tier":null,)", "flex"},
            {"", R"("service_tier":"on_demand",)", "on_demand"},
        };
        for (const Row& row : rows) {
            CAPTURE(std::string(row.asked));
            CAPTURE(std::string(row.answered));
            Told told;
            told.request = "{" + std::string(row.asked) + R"("model":"small-1"})";
            told.response_fields = {{"content-type", "application/json"}};
            told.pieces = {"{" + std::string(row.answered) + R"("choices":[]})"};
            CHECK(observe(told).service_tier == row.expected);
            told.response_fields = {{"content-type", "text/event-stream"}};
            told.pieces = {"data: {" + std::string(row.answered) + R"("choices":[]})" + "\n\n",
                           "data: {" + std::string(row.answered) + R"("choices":[]})" + "\n\n"};
            CHECK(observe(told).service_tier == row.expected);
        }
    }

    TEST_CASE("an error under a 200 is an error") {
        const LlmCall call = answered(R"({"error":{"code":"content_filter","message":"no","status":400,"type":null}})");
        CHECK(call.outcome == Outcome::stream_error);
        CHECK(call.error_type == "content_filter");
        CHECK(call.provider_error_type.empty());
        CHECK(call.provider_error_code == "content_filter");
    }
}
