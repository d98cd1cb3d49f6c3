#include <doctest/doctest.h>

#include "tests/mock/asking.hpp"

using namespace tokenweir;
using namespace tokenweir::mock;
using namespace tokenweir::mock::test;

namespace {

constexpr std::string_view path = "/v1/chat/completions";
constexpr std::string_view plain = R"({"model":"gpt","messages":[{"role":"user","content":"Say hello"}]})";
constexpr std::string_view stream =
    R"({"model":"gpt","stream":true,"messages":[{"role":"user","content":"Say hello"}]})";
constexpr std::string_view counted =
    R"({"model":"gpt","stream":true,"stream_options":{"include_usage":true},"messages":[{"role":"user","content":"Say hello"}]})";
constexpr std::string_view with_tools =
    R"({"model":"gpt","messages":[],"tools":[{"function":{"name":"weather"}},{"function":{"name":"a\"b"}}]})";
constexpr std::string_view stream_with_tools =
    R"({"model":"gpt","stream":true,"messages":[],"tools":[{"function":{"name":"weather"}},{"function":{"name":"a\"b"}}]})";

std::string opening(std::string_view object) {
    std::string text = R"({"id":"chatcmpl-u","object":")";
    text.append(object);
    return text + R"(","created":7,"model":"gpt","service_tier":"default","system_fingerprint":"fp_mock","choices":[)";
}

std::string whole(std::string_view message, std::string_view finish, std::string_view usage) {
    std::string text = opening("chat.completion") + R"({"index":0,"message":)";
    text.append(message).append(R"(,"logprobs":null,"finish_reason":")").append(finish);
    return text.append(R"("}],"usage":)").append(usage).append("}");
}

std::string usage(int prompt, int completion, int cached = 0, int reasoning = 0, std::string_view written = "") {
    return R"({"prompt_tokens":)" + std::to_string(prompt) + R"(,"completion_tokens":)" + std::to_string(completion) +
           R"(,"total_tokens":)" + std::to_string(prompt + completion) +
           R"(,"prompt_tokens_details":{"cached_tokens":)" + std::to_string(cached) + std::string(written) +
           R"(,"audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":)" + std::to_string(reasoning) +
           R"(,"audio_tokens":0,"accepted_prediction_tokens":0,"rejected_prediction_tokens":0}})";
}

/// A chunk with one choice; `rest` stands behind the choices.
std::string chunk(std::string_view delta, std::string_view finish = "null", std::string_view rest = "") {
    std::string text = "data: " + opening("chat.completion.chunk") + R"({"index":0,"delta":{)";
    text.append(delta).append(R"(},"logprobs":null,"finish_reason":)").append(finish).append("}]");
    return text.append(rest).append("}\n\n");
}

const std::string speaks = R"("role":"assistant","content":"","refusal":null)";
const std::string calls = R"("role":"assistant","content":null,"refusal":null)";
const std::string done = "data: [DONE]\n\n";

}  // namespace

TEST_SUITE("openai") {
    TEST_CASE("a completion is one object with the requested model and its usage") {
        const struct {
            std::string_view name, body;
            std::vector<Field> fields;
            std::string expected;
        } rows[] = {
            {"text",
             plain,
             {{"x-mock-tokens", "2"}},
             whole(R"({"role":"assistant","content":"token 1 token 2","refusal":null,"annotations":[]})", "stop",
                   usage(3, 2))},
            {"cached and reasoning tokens",
             plain,
             {{"x-mock-tokens", "1"}, {"x-mock-cached-tokens", "5"}, {"x-mock-reasoning-tokens", "4"}},
             whole(R"({"role":"assistant","content":"token 1","refusal":null,"annotations":[]})", "stop",
                   usage(8, 5, 5, 4))},
            {"tokens written to a cache",
             plain,
             {{"x-mock-tokens", "1"}, {"x-mock-cache-write-tokens", "6"}},
             whole(R"({"role":"assistant","content":"token 1","refusal":null,"annotations":[]})", "stop",
                   usage(9, 1, 0, 0, R"(,"cache_write_tokens":6)"))},
            {"a refusal",
             plain,
             {{"x-mock-tokens", "1"}, {"x-mock-refuse", "on"}},
             whole(R"({"role":"assistant","content":null,"refusal":"token 1","annotations":[]})", "stop", usage(3, 1))},
            {"more tool calls than tools",
             with_tools,
             {{"x-mock-tokens", "1"}, {"x-mock-tool-calls", "3"}},
             whole(
                 R"({"role":"assistant","content":null,"refusal":null,"tool_calls":[)"
                 R"({"id":"call_u0","type":"function","function":{"name":"weather","arguments":"{\"text\":\"token 1\"}"}},)"
                 R"({"id":"call_u1","type":"function","function":{"name":"a\"b","arguments":"{\"text\":\"token 1\"}"}},)"
                 R"({"id":"call_u2","type":"function","function":{"name":"weather","arguments":"{\"text\":\"token 1\"}"}}],)"
                 R"("annotations":[]})",
                 "tool_calls", usage(0, 3))},
            {"a limit on the tokens",
             R"({"model":"gpt","messages":[],"max_tokens":1})",
             {{"x-mock-tokens", "2"}},
             whole(R"({"role":"assistant","content":"token 1","refusal":null,"annotations":[]})", "length",
                   usage(0, 1))},
            {"a limit that is just enough",
             R"({"model":"gpt","messages":[],"max_tokens":1})",
             {{"x-mock-tokens", "1"}},
             whole(R"({"role":"assistant","content":"token 1","refusal":null,"annotations":[]})", "stop", usage(0, 1))},
        };
        for (const auto& row : rows) {
            CAPTURE(row.name);
            const Asked asked = ask("POST", path, row.body, row.fields);
            CHECK(asked.status == 200);
            CHECK(asked.body == row.expected);
        }
    }

    TEST_CASE("a stream is chunks and [DONE]") {
        const std::string null = R"(,"usage":null)";
        const struct {
            std::string_view name, body;
            std::vector<Field> fields;
            std::string expected;
        } rows[] = {
            {"text",
             stream,
             {{"x-mock-tokens", "2"}},
             chunk(speaks) + chunk(R"("content":"token 1")") + chunk(R"("content":" token 2")") +
                 chunk("", R"("stop")") + done},
            {"usage that was asked for",
             counted,
             {{"x-mock-tokens", "1"}},
             chunk(speaks, "null", null) + chunk(R"("content":"token 1")", "null", null) +
                 chunk("", R"("stop")", null) + "data: " + opening("chat.completion.chunk") + R"(],"usage":)" +
                 usage(3, 1) + "}\n\n" + done},
            {"no token", stream, {{"x-mock-tokens", "0"}}, chunk(speaks) + chunk("", R"("stop")") + done},
            {"a refusal",
             stream,
             {{"x-mock-tokens", "1"}, {"x-mock-refuse", "on"}},
             chunk(speaks) + chunk(R"("refusal":"token 1")") + chunk("", R"("stop")") + done},
            {"no [DONE]",
             stream,
             {{"x-mock-tokens", "0"}, {"x-mock-no-done", "on"}},
             chunk(speaks) + chunk("", R"("stop")")},
            {"tool calls",
             stream_with_tools,
             {{"x-mock-tokens", "2"}, {"x-mock-tool-calls", "2"}},
             chunk(calls) +
                 chunk(
                     R"("tool_calls":[{"index":0,"id":"call_u0","type":"function","function":{"name":"weather","arguments":""}}])") +
                 chunk(R"("tool_calls":[{"index":0,"function":{"arguments":"{\"text\":\"token 1"}}])") +
                 chunk(R"("tool_calls":[{"index":0,"function":{"arguments":" token 2\"}"}}])") +
                 chunk(
                     R"("tool_calls":[{"index":1,"id":"call_u1","type":"function","function":{"name":"a\"b","arguments":""}}])") +
                 chunk(R"("tool_calls":[{"index":1,"function":{"arguments":"{\"text\":\"token 1"}}])") +
                 chunk(R"("tool_calls":[{"index":1,"function":{"arguments":" token 2\"}"}}])") +
                 chunk("", R"("tool_calls")") + done},
            {"tool calls without arguments",
             stream_with_tools,
             {{"x-mock-tokens", "0"}, {"x-mock-tool-calls", "1"}},
             chunk(calls) +
                 chunk(
                     R"("tool_calls":[{"index":0,"id":"call_u0","type":"function","function":{"name":"weather","arguments":"{}"}}])") +
                 chunk("", R"("tool_calls")") + done},
        };
        for (const auto& row : rows) {
            CAPTURE(row.name);
            const Asked asked = ask("POST", path, row.body, row.fields);
            CHECK(asked.status == 200);
            CHECK(asked.body == row.expected);
        }
    }

    TEST_CASE("an error has the type and code of its status") {
        const struct {
            std::string_view status, type, code;
        } rows[] = {
            {"400", "invalid_request_error", "null"},
            {"401", "invalid_request_error", R"("invalid_api_key")"},
            {"404", "invalid_request_error", R"("model_not_found")"},
            {"429", "requests", R"("rate_limit_exceeded")"},
            {"500", "server_error", "null"},
            {"503", "server_error", R"("service_unavailable")"},
        };
        for (const auto& row : rows) {
            const Asked asked = ask("POST", path, plain, {{"x-mock-status", row.status}});
            CHECK(std::to_string(asked.status) == row.status);
            CHECK(asked.body == R"({"error":{"message":"This is status )" + std::string(row.status) +
                                    R"(, as x-mock-status asks.","type":")" + std::string(row.type) +
                                    R"(","param":null,"code":)" + std::string(row.code) + "}}");
        }
    }

    TEST_CASE("an error inside a stream is an event without choices") {
        const Reply usual = reply("POST", path, stream);
        CHECK(usual.script->error_event(std::nullopt) ==
              R"(data: {"error":{"message":"This error comes inside the stream, as x-mock-error-after asks.",)"
              R"("type":"server_error","param":null,"code":null}})"
              "\n\n");
        CHECK(usual.script->error_event(429) ==
              R"(data: {"error":{"message":"This error comes inside the stream, as x-mock-error-after asks.",)"
              R"("type":"requests","param":null,"code":"rate_limit_exceeded"}})"
              "\n\n");
    }
}
