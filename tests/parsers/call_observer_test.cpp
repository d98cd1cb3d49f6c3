#include "parsers/call_observer.hpp"

#include <doctest/doctest.h>

#include <cmath>

#include "tests/parsers/chat_events.hpp"

using namespace tokenweir;
using namespace tokenweir::parsers;
using namespace tokenweir::test;
using namespace std::chrono_literals;

TEST_SUITE("call_observer") {
    TEST_CASE("keeps three clocks and the gaps between events with output") {
        const LlmCall call = observe(streamed(
            {role, chunk(R"("reasoning":"Hm")"), ": ping\n\n", text("a"), text("b") + text("c"), finish, usage, done}));
        CHECK(call.timings.first_byte == at(20ms));
        CHECK(call.timings.first_token == at(30ms));
        CHECK(call.timings.first_answer == at(50ms));
        CHECK(call.timings.ended == at(90ms));
        CHECK(call.first_token_kind == OutputKind::reasoning);
        CHECK(call.output_events == 4);
        CHECK(call.gaps.total == 3);  // 20, 10 and 0 ms
        CHECK(call.gaps.max_seconds == doctest::Approx(0.02));
        CHECK(call.gaps.sum_seconds == doctest::Approx(0.03));
        CHECK(call.gaps.stalls == 0);
    }

    TEST_CASE("a stall is a gap longer than its threshold however many pings fill it") {
        Told told = streamed({text("a"), ": ping\n\n", ": ping\n\n", text("b"), text("c"), done});
        told.gap = 2s;
        told.options.stall_seconds = 5;
        const LlmCall stalled = observe(told);
        CHECK(stalled.gaps.stalls == 1);
        CHECK(stalled.timings.first_stall == stalled.timings.first_token);
        told.options.stall_seconds = 6;
        CHECK(observe(told).gaps.stalls == 0);
        CHECK(observe(told).timings.first_stall == std::nullopt);
    }

    TEST_CASE("an event is complete when its blank line is there and that is its instant") {
        const std::string event = text("a");
        const LlmCall call = observe(streamed({event.substr(0, event.size() - 1), "\n", done}));
        CHECK(call.timings.first_byte == at(20ms));
        CHECK(call.timings.first_token == at(30ms));
    }

    TEST_CASE("an answer that is no stream has no first token") {
        Told told = streamed({R"({"choices":[{"message":{"content":"hi"},"finish_reason":"stop"}]})"});
        told.response_fields = {{"content-type", "application/json"}};
        const LlmCall call = observe(told);
        CHECK_FALSE(call.response_streamed);
        CHECK_FALSE(call.timings.first_token);
        CHECK(call.output_events == 0);
        CHECK(call.settings.stream == true);  // it was asked for
    }

    TEST_CASE("how a stream ends decides its outcome and the source of its usage") {
        struct Row {
            const char* name;
            std::vector<std::string> pieces;
            EndCause end;
            const char* outcome;
            UsageSource source;
        };
        const Row rows[] = {
            {"all of it", {role, text("a"), finish, usage, done}, EndCause::complete, "ok", UsageSource::reported},
            {"all of it, without usage", {text("a"), finish, done}, EndCause::complete, "ok", UsageSource::missing},
            {"no [DONE] but a finish reason", {text("a"), finish}, EndCause::complete, "ok", UsageSource::missing},
            {"no blank line after [DONE]", {text("a"), "data: [DONE]"}, EndCause::complete, "ok", UsageSource::missing},
            {"the client left after [DONE]",
             {text("a"), finish, usage, done},
             EndCause::client_gone,
             "ok",
             UsageSource::reported},
            {"the client left after the usage",
             {text("a"), finish, usage},
             EndCause::client_gone,
             "ok",
             UsageSource::reported},
            {"the client left mid-stream",
             {role, text("a")},
             EndCause::client_gone,
             "cancelled_mid_stream",
             UsageSource::missing},
            {"the client left before a token",
             {role},
             EndCause::client_gone,
             "cancelled_before_first_token",
             UsageSource::missing},
            {"the client left before the body",
             {},
             EndCause::client_gone,
             "cancelled_before_first_token",
             UsageSource::missing},
            {"cut inside an event",
             {text("a"), text("b").substr(0, 30)},
             EndCause::complete,
             "truncated",
             UsageSource::missing},
            {"cut between events", {text("a")}, EndCause::complete, "truncated", UsageSource::missing},
            {"reset", {text("a")}, EndCause::upstream_closed, "truncated", UsageSource::missing},
            {"reset after the finish reason",
             {text("a"), finish},
             EndCause::upstream_closed,
             "truncated",
             UsageSource::missing},
            {"reset after [DONE]", {text("a"), finish, done}, EndCause::upstream_closed, "ok", UsageSource::missing},
            {"reset with usage on the way",
             {chunk(R"("content":"a")", R"(,"usage":{"prompt_tokens":3,"completion_tokens":1})")},
             EndCause::upstream_closed,
             "truncated",
             UsageSource::partial},
            {"idle", {text("a")}, EndCause::idle_timeout, "timeout", UsageSource::missing},
            {"an error",
             {text("a"), "data: {\"error\":{\"type\":\"server_error\"}}\n\n"},
             EndCause::client_gone,
             "stream_error",
             UsageSource::missing},
        };
        for (const Row& row : rows) {
            CAPTURE(row.name);
            const LlmCall call = observe(streamed(row.pieces, row.end));
            CHECK(outcome(call) == row.outcome);
            CHECK(name_of(call.usage.source) == name_of(row.source));
            CHECK(call.decoding == Decoding::complete);
        }
    }

    TEST_CASE("how an answer that is no stream ends decides its outcome") {
        const std::string body = R"({"choices":[],"usage":{"prompt_tokens":3}})";
        struct Row {
            const char* name;
            std::string body;
            const char* length;
            EndCause end;
            const char* outcome;
        };
        const Row rows[] = {
            {"whole", body, "42", EndCause::complete, "ok"},
            {"whole by its length", body, "42", EndCause::client_gone, "ok"},
            {"whole by its braces", body, nullptr, EndCause::client_gone, "ok"},
            {"cut, and the client left", body.substr(0, 20), nullptr, EndCause::client_gone,
             "cancelled_before_first_token"},
            {"shorter than declared", body.substr(0, 20), "42", EndCause::upstream_closed, "truncated"},
            {"whole but for its framing", body, nullptr, EndCause::upstream_closed, "truncated"},
            {"cut, and the connection is what ends it", body.substr(0, 20), nullptr, EndCause::complete, "truncated"},
        };
        REQUIRE(body.size() == 42);
        for (const Row& row : rows) {
            CAPTURE(row.name);
            Told told = streamed({row.body}, row.end);
            told.response_fields = {{"content-type", "application/json"}};
            if (row.length) told.response_fields.push_back({"content-length", row.length});
            const LlmCall call = observe(told);
            CHECK(outcome(call) == row.outcome);
            CHECK(call.decoding == Decoding::complete);
        }
    }

    TEST_CASE("errors are read under any status and for formats without a reader") {
        for (const char* path : {"/v1/chat/completions", "/v1/embeddings", "/nothing/known"}) {
            Told told = streamed({R"({"error":{"type":"t","code":"c"}})"});
            told.path = path;
            told.status = 403;
            told.response_fields = {{"content-type", "application/json"}};
            const LlmCall call = observe(told);
            CHECK(outcome(call) == "client_error");
            CHECK(call.error_type == "403");
            CHECK(call.provider_error_type == "t");
            CHECK(call.provider_error_code == "c");
            CHECK_FALSE(call.response_streamed);
        }
        Told html = streamed({"<html>no</html>"});
        html.status = 502;
        CHECK(observe(html).decoding == Decoding::complete);
        CHECK(outcome(observe(html)) == "upstream_error");

        Told bedrock = streamed({R"({"message":"no"})"});
        bedrock.path = "/model/m/converse";
        bedrock.status = 400;
        bedrock.response_fields = {{"x-amzn-errortype", "ValidationException:http://internal"}};
        CHECK(observe(bedrock).provider_error_type == "ValidationException");
    }

    TEST_CASE("a format without a reader is recorded by its heads and sizes") {
        Told told = streamed({"data: {\"type\":\"response.created\"}\n\n"});
        told.path = "/v1/responses";
        const LlmCall call = observe(told);
        CHECK(call.api == "openai.responses");
        CHECK(call.operation == "chat");
        CHECK(call.generation);
        CHECK(call.request_model == "small-1");
        CHECK(call.response_streamed);
        CHECK(outcome(call) == "ok");
        CHECK(call.decoding == Decoding::complete);
        CHECK(call.usage == TokenUsage{});
        CHECK(call.timings.first_byte == at(20ms));
        told.end = EndCause::client_gone;
        CHECK(outcome(observe(told)) == "cancelled_mid_stream");
        told.end = EndCause::upstream_closed;
        CHECK(outcome(observe(told)) == "truncated");
    }

    TEST_CASE("who calls and what for is copied from the heads") {
        Told told;
        told.path = "/v1/messages?beta=true&key=secret";
        told.provider = "mine";
        told.request_fields = {{"User-Agent", "agent/1"},
                               {"x-stainless-retry-count", "1"},
                               {"X-Claude-Code-Session-Id", "s-1"},
                               {"authorization", "Bearer sk-secret"}};
        told.response_fields.push_back({"anthropic-ratelimit-requests-reset", "1970-01-01T00:01:50Z"});
        const LlmCall call = observe(told);
        CHECK(call.path == "/v1/messages");
        CHECK(call.provider == "mine");
        CHECK(call.route == "route");
        CHECK(call.server_address == "upstream.test");
        CHECK(call.server_port == 443);
        CHECK(call.client_address == "192.0.2.1");
        CHECK(call.user_agent == "agent/1");
        CHECK(call.client_retry_count == 1);
        CHECK(call.conversation_id == "s-1");
        CHECK(call.request_body_bytes == told.request.size());
        CHECK(std::abs(*call.quotas.requests.reset_seconds - 9.99) < 1e-6);  // the head came 10 ms after second 100
        CHECK(describe(call).find("secret") == std::string::npos);
    }

    TEST_CASE("a provider that the route does not name is recognised") {
        Told told;
        told.provider.clear();
        CHECK(observe(told).provider == "openai");
        told.path = "/v1/messages";
        CHECK(observe(told).provider == "anthropic");
    }

    TEST_CASE("request settings are recorded as sent and content is not") {
        Told told;
        told.request = R"({"messages":[{"role":"user","content":"private words"}],"tools":[{"name":"secret_tool"},{}],
            "max_tokens":5,"max_completion_tokens":7,"temperature":0.5,"top_p":1,"top_k":40,"seed":3,"n":2,
            "frequency_penalty":-1.5,"presence_penalty":2,"stop":["end","fin"],"response_format":{"type":"json_schema",
            "json_schema":{"name":"private"}},"reasoning":{"effort":"low"},"metadata":{"litellm_session_id":"s-2"},
            "stream":false,"model":"mod\u0065l"})";
        const LlmCall call = observe(told);
        RequestSettings expected;
        expected.max_tokens = 7;
        expected.temperature = 0.5;
        expected.top_p = 1;
        expected.top_k = 40;
        expected.seed = 3;
        expected.choice_count = 2;
        expected.frequency_penalty = -1.5;
        expected.presence_penalty = 2;
        expected.stop_sequences = {"end", "fin"};
        expected.output_type = "json";
        expected.reasoning_level = "low";
        expected.messages = 1;
        expected.tools = 2;
        CHECK(call.settings == expected);
        CHECK(call.request_model == "model");
        CHECK(call.conversation_id == "s-2");
        CHECK(describe(call).find("private") == std::string::npos);
    }

    TEST_CASE("a setting that is no JSON number is none") {
        for (const char* number : {"NaN", "nan", "-inf", "Infinity", "1e999", "9e15x"}) {
            CAPTURE(number);
            Told told;
            told.request = std::string(R"({"max_tokens":)") + number + R"(,"temperature":)" + number + "}";
            CHECK(observe(told).settings == RequestSettings{});
        }
        Told large;
        large.request = R"({"max_tokens":1e300,"seed":-1e16})";
        CHECK(observe(large).settings == RequestSettings{});
        large.request = R"({"seed":9007199254740992,"max_tokens":9007199254740994})";  // both sides of 2^53
        CHECK(observe(large).settings.seed == std::int64_t{1} << 53);
        CHECK_FALSE(observe(large).settings.max_tokens);
        large.request = R"({"seed":-3.0,"max_tokens":5e2})";
        CHECK(observe(large).settings.seed == -3);
        CHECK(observe(large).settings.max_tokens == 500);
    }

    TEST_CASE("the path names the model when the body does not") {
        Told told;
        told.path = "/openai/deployments/my-deployment/chat/completions?api-version=1";
        told.request = "{}";
        CHECK(observe(told).request_model == "my-deployment");
        told.request = R"({"model":"named"})";
        CHECK(observe(told).request_model == "named");
    }

    TEST_CASE("a shared path is settled by the body") {
        Told told;
        told.path = "/v1/chat";
        told.request = R"({"message":"hi"})";
        CHECK(observe(told).api == "cohere.chat_v1");
        told.request = R"({"messages":[]})";
        told.pieces = {text("a"), finish, usage, done};
        CHECK(observe(told).api == "openai.chat_completions");
        CHECK(observe(told).usage.output == 2);
    }

    TEST_CASE("an answer without a body is whole") {
        for (const int status : {204, 304}) {
            Told told;
            told.status = status;
            CHECK(outcome(observe(told)) == "ok");
        }
        Told head;
        head.method = "HEAD";
        head.response_fields.push_back({"content-length", "500"});
        CHECK(outcome(observe(head)) == "ok");
    }

    TEST_CASE("a call that was refused or never answered has a record too") {
        Told told;
        told.status = 0;
        told.end = EndCause::rejected;
        told.sent_status = 404;
        CHECK(outcome(observe(told)) == "rejected");
        CHECK(observe(told).status == 404);
        told.end = EndCause::dns;
        told.sent_status = 502;
        CHECK(outcome(observe(told)) == "connect_error");
        CHECK(observe(told).error_type == "dns");

        static const ObserverOptions options;
        LlmCall call;
        CallObserver nothing(options, call, {}, {}, {});
        nothing.request_piece("x");
        nothing.request_end();
        nothing.response_head({200, {}});
        nothing.response_piece("x", {});
        CHECK(outcome(nothing.finish(EndCause::rejected, 400, {})) == "rejected");
    }
}
