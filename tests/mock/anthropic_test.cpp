#include <doctest/doctest.h>

#include "tests/mock/asking.hpp"

using namespace tokenweir;
using namespace tokenweir::mock;
using namespace tokenweir::mock::test;

namespace {

constexpr std::string_view path = "/v1/messages";
constexpr std::string_view plain =
    R"({"model":"claude","max_tokens":99,"messages":[{"role":"user","content":"Say hello"}]})";
constexpr std::string_view stream =
    R"({"model":"claude","max_tokens":99,"stream":true,"messages":[{"role":"user","content":"Say hello"}]})";
constexpr std::string_view with_tools =
    R"({"model":"claude","max_tokens":99,"messages":[],"tools":[{"name":"weather"},{"name":"a\"b"}]})";
constexpr std::string_view stream_with_tools =
    R"({"model":"claude","max_tokens":99,"stream":true,"messages":[],"tools":[{"name":"weather"},{"name":"a\"b"}]})";

/// `output` has its leading comma, as has what `end` takes.
std::string message(std::string_view content, std::string_view reason, int input, std::string_view output, int read = 0,
                    int written = 0) {
    std::string text = R"({"id":"msg_u","type":"message","role":"assistant","model":"claude","content":[)";
    text.append(content).append(R"(],"stop_reason":)").append(reason).append(R"(,"stop_sequence":null,"usage":{)");
    text += R"("input_tokens":)" + std::to_string(input) + R"(,"cache_creation_input_tokens":)" +
            std::to_string(written) + R"(,"cache_read_input_tokens":)" + std::to_string(read) +
            R"(,"cache_creation":{"ephemeral_5m_input_tokens":)" + std::to_string(written) +
            R"(,"ephemeral_1h_input_tokens":0})";
    return text.append(output).append(R"(,"service_tier":"standard"}})");
}

std::string event(std::string_view type, std::string_view rest = "") {
    std::string text = "event: ";
    text.append(type).append("\ndata: {\"type\":\"").append(type).append("\"").append(rest);
    return text.append("}\n\n");
}

std::string begin(int input) {
    return event("message_start", R"(,"message":)" + message("", "null", input, R"(,"output_tokens":1)")) +
           event("ping");
}
std::string start(std::string_view index, std::string_view block) {
    return event("content_block_start",
                 R"(,"index":)" + std::string(index) + R"(,"content_block":)" + std::string(block));
}
std::string delta(std::string_view index, std::string_view change) {
    return event("content_block_delta", R"(,"index":)" + std::string(index) + R"(,"delta":)" + std::string(change));
}
std::string stop(std::string_view index) { return event("content_block_stop", R"(,"index":)" + std::string(index)); }
std::string end(std::string_view reason, int input, std::string_view output) {
    std::string rest = R"(,"delta":{"stop_reason":")";
    rest.append(reason).append(R"(","stop_sequence":null},"usage":{"input_tokens":)").append(std::to_string(input));
    return event(
        "message_delta",
        rest.append(R"(,"cache_creation_input_tokens":0,"cache_read_input_tokens":0)").append(output).append("}"));
}

const std::string last = event("message_stop");
const std::string empty_text = R"({"type":"text","text":""})";

}  // namespace

TEST_SUITE("anthropic") {
    TEST_CASE("a message is one object with the requested model and its usage") {
        const struct {
            std::string_view name, body;
            std::vector<Field> fields;
            std::string expected;
        } rows[] = {
            {"text",
             plain,
             {{"x-mock-tokens", "2"}},
             message(R"({"type":"text","text":"token 1 token 2"})", R"("end_turn")", 3, R"(,"output_tokens":2)")},
            {"cache counts stand beside the input",
             plain,
             {{"x-mock-tokens", "1"}, {"x-mock-cached-tokens", "5"}, {"x-mock-cache-write-tokens", "6"}},
             message(R"({"type":"text","text":"token 1"})", R"("end_turn")", 3, R"(,"output_tokens":1)", 5, 6)},
            {"thinking",
             plain,
             {{"x-mock-tokens", "1"}, {"x-mock-reasoning-tokens", "2"}},
             message(
                 R"({"type":"thinking","thinking":"token 1 token 2","signature":"bW9jaw=="},{"type":"text","text":"token 1"})",
                 R"("end_turn")", 3, R"(,"output_tokens":3,"output_tokens_details":{"thinking_tokens":2})")},
            {"a refusal",
             plain,
             {{"x-mock-tokens", "1"}, {"x-mock-refuse", "on"}},
             message(R"({"type":"text","text":"token 1"})", R"("refusal")", 3, R"(,"output_tokens":1)")},
            {"tool calls",
             with_tools,
             {{"x-mock-tokens", "1"}, {"x-mock-tool-calls", "2"}},
             message(R"({"type":"tool_use","id":"toolu_u0","name":"weather","input":{"text":"token 1"}},)"
                     R"({"type":"tool_use","id":"toolu_u1","name":"a\"b","input":{"text":"token 1"}})",
                     R"("tool_use")", 0, R"(,"output_tokens":2)")},
            {"a limit on the tokens",
             R"({"model":"claude","max_tokens":1,"messages":[]})",
             {{"x-mock-tokens", "2"}},
             message(R"({"type":"text","text":"token 1"})", R"("max_tokens")", 0, R"(,"output_tokens":1)")},
        };
        for (const auto& row : rows) {
            CAPTURE(row.name);
            const Asked asked = ask("POST", path, row.body, row.fields);
            CHECK(asked.status == 200);
            CHECK(asked.body == row.expected);
        }
    }

    TEST_CASE("a stream is named events from message_start to message_stop") {
        const struct {
            std::string_view name, body;
            std::vector<Field> fields;
            std::string expected;
        } rows[] = {
            {"text",
             stream,
             {{"x-mock-tokens", "2"}},
             begin(3) + start("0", empty_text) + delta("0", R"({"type":"text_delta","text":"token 1"})") +
                 delta("0", R"({"type":"text_delta","text":" token 2"})") + stop("0") +
                 end("end_turn", 3, R"(,"output_tokens":2)") + last},
            {"no token",
             stream,
             {{"x-mock-tokens", "0"}},
             begin(3) + start("0", empty_text) + stop("0") + end("end_turn", 3, R"(,"output_tokens":0)") + last},
            {"no message_stop",
             stream,
             {{"x-mock-tokens", "0"}, {"x-mock-no-done", "on"}},
             begin(3) + start("0", empty_text) + stop("0") + end("end_turn", 3, R"(,"output_tokens":0)")},
            {"thinking before text",
             stream,
             {{"x-mock-tokens", "1"}, {"x-mock-reasoning-tokens", "1"}},
             begin(3) + start("0", R"({"type":"thinking","thinking":"","signature":""})") +
                 delta("0", R"({"type":"thinking_delta","thinking":"token 1"})") +
                 delta("0", R"({"type":"signature_delta","signature":"bW9jaw=="})") + stop("0") +
                 start("1", empty_text) + delta("1", R"({"type":"text_delta","text":"token 1"})") + stop("1") +
                 end("end_turn", 3, R"(,"output_tokens":2,"output_tokens_details":{"thinking_tokens":1})") + last},
            {"tool calls",
             stream_with_tools,
             {{"x-mock-tokens", "1"}, {"x-mock-tool-calls", "2"}},
             begin(0) + start("0", R"({"type":"tool_use","id":"toolu_u0","name":"weather","input":{}})") +
                 delta("0", R"({"type":"input_json_delta","partial_json":"{\"text\":\"token 1\"}"})") + stop("0") +
                 start("1", R"({"type":"tool_use","id":"toolu_u1","name":"a\"b","input":{}})") +
                 delta("1", R"({"type":"input_json_delta","partial_json":"{\"text\":\"token 1\"}"})") + stop("1") +
                 end("tool_use", 0, R"(,"output_tokens":2)") + last},
            {"tool calls without input",
             stream_with_tools,
             {{"x-mock-tokens", "0"}, {"x-mock-tool-calls", "2"}},
             begin(0) + start("0", R"({"type":"tool_use","id":"toolu_u0","name":"weather","input":{}})") + stop("0") +
                 start("1", R"({"type":"tool_use","id":"toolu_u1","name":"a\"b","input":{}})") + stop("1") +
                 end("tool_use", 0, R"(,"output_tokens":0)") + last},
        };
        for (const auto& row : rows) {
            CAPTURE(row.name);
            const Asked asked = ask("POST", path, row.body, row.fields);
            CHECK(asked.status == 200);
            CHECK(asked.body == row.expected);
        }
    }

    TEST_CASE("an error has the type of its status and the request's id") {
        const struct {
            std::string_view status, type;
        } rows[] = {
            {"400", "invalid_request_error"}, {"401", "authentication_error"}, {"402", "billing_error"},
            {"403", "permission_error"},      {"404", "not_found_error"},      {"413", "request_too_large"},
            {"422", "invalid_request_error"}, {"429", "rate_limit_error"},     {"500", "api_error"},
            {"504", "timeout_error"},         {"529", "overloaded_error"},
        };
        for (const auto& row : rows) {
            const Asked asked = ask("POST", path, plain, {{"x-mock-status", row.status}});
            CHECK(std::to_string(asked.status) == row.status);
            CHECK(asked.body == R"({"type":"error","error":{"type":")" + std::string(row.type) +
                                    R"(","message":"This is status )" + std::string(row.status) +
                                    R"(, as x-mock-status asks."},"request_id":"req_u"})");
        }
    }

    TEST_CASE("an error inside a stream is an event of its own") {
        CHECK(reply("POST", path, stream).script->error_event(std::nullopt) ==
              event("error", R"(,"error":{"type":"overloaded_error","message":)"
                             R"("This error comes inside the stream, as x-mock-error-after asks."})"));
    }
}
