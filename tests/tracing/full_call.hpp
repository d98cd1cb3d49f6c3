/// A call of which the wire said everything, and a way to see its record.
#pragma once

#include <algorithm>
#include <chrono>
#include <string>
#include <string_view>

#include "observation/llm_call.hpp"
#include "tracing/record_json.hpp"

namespace tokenweir::test {

inline std::string record_of(const LlmCall& call) {
    std::string out;
    tracing::append_record_json(out, call);
    return out;
}

inline LlmCall full_call() {
    using namespace std::chrono_literals;
    LlmCall call;
    constexpr std::string_view id = "0192f0c1-2b3c-7d4e-8f90-a1b2c3d4e5f6";
    std::ranges::copy(id, call.id.text.begin());
    call.trace = {
        .trace_id = {0x0a, 0xf7, 0x65, 0x19, 0x16, 0xcd, 0x43, 0xdd, 0x84, 0x48, 0xeb, 0x21, 0x1c, 0x80, 0x31, 0x9c},
        .span_id = {0xb7, 0xad, 0x6b, 0x71, 0x69, 0x20, 0x33, 0x31},
        .parent_span_id = {0, 1, 2, 3, 4, 5, 6, 7},
        .sampled = true};
    call.route = "anthropic";
    call.server_address = "api.anthropic.com";
    call.server_port = 443;
    call.client_address = "192.0.2.7";
    call.user_agent = "sdk/1.0";
    call.method = "POST";
    call.path = "/v1/messages";
    call.operation = "chat";
    call.provider = "anthropic";
    call.api = "anthropic.messages";
    call.request_model = "claude-sonnet-4-5";
    call.response_model = "claude-sonnet-4-5-20250929";
    call.response_id = "msg_01";
    call.conversation_id = "conv-7";
    call.api_key_hash = "9f86d081";
    call.enduser_id = "user-9";
    call.tags = {{"team", "search"}, {"feature", "\"x\""}};
    call.context_dropped = 2;
    call.client_retry_count = 0;
    call.client_timeout_seconds = 600;
    call.settings = {.stream = true,
                     .max_tokens = 1024,
                     .temperature = 0.7,
                     .top_p = 1,
                     .top_k = 40,
                     .frequency_penalty = -0.5,
                     .presence_penalty = 0,
                     .seed = 42,
                     .choice_count = 2,
                     .stop_sequences = {"END", "\n\n"},
                     .output_type = "json",
                     .reasoning_level = "high",
                     .messages = 3,
                     .tools = 1};
    call.quotas = {{50, 49, 1.5},
                   {100000, 98000, 60},
                   {80000, 79000, 0},
                   {20000, 19000, 0.25},
                   {1, 0.58, 3600},
                   {1, 0.9, 86400},
                   7.5};
    call.generation = true;
    call.status = 200;
    call.response_streamed = true;
    call.usage = {120, 30, 80, 20, 10, UsageSource::reported, 15, 9, 8, 7, 6, 5};
    call.service_tier = "priority";
    call.cost = 0.0123;
    call.cost_source = CostSource::catalogue;
    call.units = {{"search_units", 1}, {"audio_seconds", 2.5}};
    call.finish_reasons = {"end_turn", "tool_use"};
    call.tool_calls = 2;
    call.server_tool_calls = 1;
    call.outcome = Outcome::stream_error;
    call.error_type = "overloaded_error";
    call.refusal = "too many fields";
    call.provider_error_type = "overloaded_error";
    call.provider_error_code = "529";
    call.decoding = Decoding::over_limit;
    call.content = {.system_instructions = "[1]",
                    .input_messages = "[2]",
                    .output_messages = "[3]",
                    .tool_definitions = "[4]",
                    .omitted = 5,
                    .redactions = 6,
                    .cut = true};
    Timings& at = call.timings;
    at.started_at = WallTime(std::chrono::sys_days(std::chrono::year(2026) / 10 / 7)) + 9h + 5min + 3s + 42us;
    at.started = Instant(1000s);
    at.first_byte = at.started + 250ms;
    at.first_token = at.started + 300ms;
    at.first_answer = at.started + 1s;
    at.ended = at.started + 2s + 1ns;
    at.phases = {10us, 30us, 40us, 50us, 250ms, 1749ms, 0ns};
    call.first_token_kind = OutputKind::reasoning;
    call.output_events = 3;
    call.gaps.add(0.5, 0.6);
    call.gaps.add(0.7, 0.6);
    call.request_body_bytes = 1234;
    call.response_body_bytes = 56789;
    return call;
}

}  // namespace tokenweir::test
