// The whole record of each shape that Anthropic messages come in, at every split.
#include <doctest/doctest.h>

#include "tests/parsers/observed.hpp"

using namespace tokenweir;
using namespace tokenweir::test;

namespace {

using Units = std::vector<std::pair<std::string, double>>;

const Units cache_writes{{"cache_creation.ephemeral_5m_input_tokens", 100},
                         {"cache_creation.ephemeral_1h_input_tokens", 0}};

Told asked() {
    Told told;
    told.path = "/v1/messages";
    told.request = R"({"model":"verse-2","max_tokens":64,"stream":true})";
    return told;
}

LlmCall stream_record(const Told& told, const std::string& body) {
    LlmCall call = blank(told);
    call.response_body_bytes = body.size();
    call.response_streamed = true;
    call.response_id = "msg_7";
    call.response_model = "verse-2";
    call.first_token_kind = OutputKind::text;
    call.finish_reasons = {"end_turn"};
    call.usage = {1111, 9, 1000, 100, {}, UsageSource::reported, 0};
    call.units = cache_writes;
    call.service_tier = "standard";
    return call;
}

struct Row {
    const char* name;
    const char* file;
    void (*expect)(LlmCall&);
};

const Row rows[] = {
    {"text, with pings and padding", "text.sse", [](LlmCall& call) { call.output_events = 3; }},
    {"thinking, then a tool call", "thinking_and_tool.sse",
     [](LlmCall& call) {
         call.output_events = 3;
         call.first_token_kind = OutputKind::reasoning;
         call.tool_calls = 1;
         call.finish_reasons = {"tool_use"};
         call.usage.output = 40;
         call.usage.reasoning = 21;
     }},
    {"a tool that the provider runs: input grows, results are no output", "server_tool.sse",
     [](LlmCall& call) {
         call.output_events = 3;
         call.first_token_kind = OutputKind::server_tool;
         call.server_tool_calls = 1;
         call.usage.input = 1600;
         call.usage.output = 60;
         call.units.emplace_back("web_search_requests", 1);
     }},
    {"usage in message_delta alone", "usage_in_delta_only.sse",
     [](LlmCall& call) {
         call.response_id = "msg_8";
         call.output_events = 1;
         call.finish_reasons = {"max_tokens"};
         call.usage = {4, 1, {}, {}, {}, UsageSource::reported};
         call.units = {};
         call.service_tier.clear();
     }},
    {"an error event: the placeholder is all there is", "overloaded.sse",
     [](LlmCall& call) {
         call.output_events = 1;
         call.finish_reasons = {};
         call.usage.output = 1;
         call.usage.source = UsageSource::partial;
         call.outcome = Outcome::stream_error;
         call.error_type = call.provider_error_type = "overloaded_error";
     }},
    {"a message that starts with all its content", "resumed.sse",
     [](LlmCall& call) {
         call.first_token_kind.reset();
         call.tool_calls = 1;
         call.finish_reasons = {"tool_use"};
         call.usage.output = 1;
     }},
};

}  // namespace

TEST_SUITE("anthropic_messages") {
    TEST_CASE("reads every shape of a stream") {
        const Told told = asked();
        for (const Row& row : rows) {
            CAPTURE(row.name);
            const std::string body = data(std::string("anthropic_messages/") + row.file);
            LlmCall expected = stream_record(told, body);
            row.expect(expected);
            check_at_every_split(told, body, expected);
        }
    }

    TEST_CASE("does without event lines and passes over a foreign end marker") {
        const Told told = asked();
        std::string body = data("anthropic_messages/text.sse");
        for (auto at = body.find("event: "); at != std::string::npos; at = body.find("event: "))
            body.erase(at, body.find('\n', at) + 1 - at);
        body += "data: [DONE]\n\n";
        LlmCall expected = stream_record(told, body);
        expected.output_events = 3;
        check_at_every_split(told, body, expected);
    }

    TEST_CASE("reads an answer that is no stream; what lies deeper is not mistaken for it") {
        Told told = asked();
        told.response_fields = {{"content-type", "application/json"}};
        const std::string body = data("anthropic_messages/answer.json");
        LlmCall expected = blank(told);
        expected.response_body_bytes = body.size();
        expected.response_id = "msg_9";
        expected.response_model = "verse-2";
        expected.finish_reasons = {"tool_use"};
        expected.tool_calls = 1;
        expected.server_tool_calls = 1;
        expected.usage = {30, 8, {}, {}, {}, UsageSource::reported};
        check_at_every_split(told, body, expected);
    }

    TEST_CASE("what decides the price is read: the hour's share of a cache write, the tier, speed and place") {
        struct Row {
            const char* usage;
            const char* tier;
            std::optional<std::int64_t> for_an_hour;
        };
        const Row usages[] = {
            {R"({"input_tokens":1})", "", {}},
            {R"({"input_tokens":1,"service_tier":null,"inference_geo":null})", "", {}},
            {R"({"input_tokens":1,"service_tier":"batch"})", "batch", {}},
            {R"({"input_tokens":1,"service_tier":"standard","inference_geo":"global"})", "standard", {}},
            {R"({"input_tokens":1,"service_tier":"standard","inference_geo":"not_available"})", "standard", {}},
            {R"({"input_tokens":1,"inference_geo":"us","service_tier":"standard"})", "standard_us", {}},
            {R"({"input_tokens":1,"inference_geo":"us"})", "", {}},
            {R"({"input_tokens":1,"service_tier":"standard","speed":"standard"})", "standard", {}},
            {R"({"input_tokens":1,"service_tier":"standard","speed":"fast"})", "fast", {}},
            {R"({"input_tokens":1,"service_tier":"standard","speed":"fast","inference_geo":"us"})", "fast_us", {}},
            {R"({"input_tokens":1,"cache_creation_input_tokens":9,"cache_creation":{"ephemeral_5m_input_tokens":2,"ephemeral_1h_input_tokens":7}})",
             "", 7},
        };
        Told told = asked();
        told.response_fields = {{"content-type", "application/json"}};
        for (const auto& row : usages) {
            CAPTURE(std::string(row.usage));
            told.pieces = {R"({"type":"message","usage":)" + std::string(row.usage) + "}"};
            const LlmCall call = observe(told);
            CHECK(call.service_tier == row.tier);
            CHECK(call.usage.cache_creation_1h == row.for_an_hour);
            CHECK_FALSE(call.cost);
        }
    }

    TEST_CASE("a reseller's cost is taken over") {
        Told told = asked();
        told.response_fields = {{"content-type", "application/json"}};
        told.pieces = {R"({"type":"message","usage":{"input_tokens":32,"output_tokens":16,"cost":0.000112}})"};
        const LlmCall call = observe(told);
        CHECK(call.cost == 0.000112);
        CHECK(call.cost_source == CostSource::provider);
        told.pieces = {R"({"type":"message","usage":{"input_tokens":32,"cost":-1}})"};
        CHECK_FALSE(observe(told).cost_source);
    }

    TEST_CASE("a thought that is not shown is no token") {
        Told told = asked();
        told.pieces = {
            "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":"
            "\"thinking_delta\",\"thinking\":\"\",\"estimated_tokens\":50}}\n\n",
            "event: content_block_start\ndata: "
            "{\"type\":\"content_block_start\",\"index\":1,\"content_block\":{\"type\":"
            "\"redacted_thinking\",\"data\":\"b3BhcXVl\"}}\n\n",
        };
        const LlmCall call = observe(told);
        CHECK(call.output_events == 1);
        CHECK(call.first_token_kind == OutputKind::reasoning);
        CHECK_FALSE(call.timings.first_answer);
    }
}
