#include "mock/reply.hpp"

#include <doctest/doctest.h>

#include "tests/mock/asking.hpp"

using namespace tokenweir;
using namespace tokenweir::mock;
using namespace tokenweir::mock::test;

namespace {

constexpr std::string_view prompt = R"({"model":"m","messages":[{"role":"user","content":"Say hello"}]})";

std::string openai_error(std::string_view message, std::string_view code = "null") {
    std::string text = R"({"error":{"message":")";
    text.append(message).append(R"(","type":"invalid_request_error","param":null,"code":)").append(code);
    return text.append("}}");
}

std::string anthropic_error(std::string_view type, std::string_view message) {
    std::string text = R"({"type":"error","error":{"type":")";
    text.append(type).append(R"(","message":")").append(message);
    return text.append(R"("},"request_id":"req_u"})");
}

}  // namespace

TEST_SUITE("reply") {
    TEST_CASE("an endpoint is found by the end of its path and below any prefix") {
        const std::string openai_models =
            R"({"object":"list","data":[{"id":"mock-model","object":"model","created":7,"owned_by":"tokenweir"}]})";
        const std::string anthropic_models =
            R"({"data":[{"type":"model","id":"mock-model","display_name":"Mock model","created_at":"1970-01-01T00:00:07Z"}],)"
            R"("has_more":false,"first_id":"mock-model","last_id":"mock-model"})";
        const struct {
            std::string_view method, target;
            std::vector<Field> fields;
            Asked expected;
        } rows[] = {
            {"GET", "/v1/models", {}, {200, openai_models}},
            {"HEAD", "/v1/models", {}, {200, openai_models}},
            {"GET", "/openai/v1/models?limit=1", {}, {200, openai_models}},
            {"GET", "/v1/models", {{"anthropic-version", "2023-06-01"}}, {200, anthropic_models}},
            {"POST", "/v1/messages/count_tokens", {}, {200, R"({"input_tokens":3})"}},
            {"POST", "/a/b/messages/count_tokens?beta=true", {}, {200, R"({"input_tokens":3})"}},
            {"POST",
             "/v1/embeddings",
             {},
             {404, openai_error("Invalid URL (POST /v1/embeddings)", R"("model_not_found")")}},
            {"POST", "/", {}, {405, openai_error("method: found POST, expected GET, HEAD")}},
            {"GET", "/v1/chat/completions", {}, {405, openai_error("method: found GET, expected POST")}},
            {"GET",
             "/v1/messages",
             {},
             {405, anthropic_error("invalid_request_error", "method: found GET, expected POST")}},
        };
        for (const auto& row : rows) {
            CAPTURE(row.target);
            const Asked asked = ask(row.method, row.target, prompt, row.fields);
            CHECK(asked.status == row.expected.status);
            CHECK(asked.body == row.expected.body);
        }
        CHECK(ask("GET", "/", "").body.starts_with("Tokenweir's mock LLM endpoint.\n"));
        CHECK(ask("POST", "/v1/chat/completions", prompt).status == 200);
        CHECK(ask("POST", "/chat/completions", prompt).status == 200);
        CHECK(ask("POST", "/x/v1/messages?beta=true", prompt).status == 200);
    }

    TEST_CASE("what cannot be answered is refused in the provider's own shape") {
        const struct {
            std::string_view target, body;
            std::vector<Field> fields;
            Asked expected;
        } rows[] = {
            {"/v1/chat/completions", "{}", {}, {400, openai_error("model: found none, expected a string")}},
            {"/v1/messages",
             "{}",
             {},
             {400, anthropic_error("invalid_request_error", "model: found none, expected a string")}},
            {"/v1/chat/completions",
             prompt,
             {{"x-mock-cut", "hup"}},
             {400, openai_error(R"(x-mock-cut: found \"hup\", expected fin or rst)")}},
            {"/v1/messages",
             prompt,
             {{"x-mock-cut", "hup"}},
             {400, anthropic_error("invalid_request_error", R"(x-mock-cut: found \"hup\", expected fin or rst)")}},
            {"/v1/chat/completions",
             prompt,
             {{"x-mock-tool-calls", "1"}},
             {400, openai_error("x-mock-tool-calls: found a request without tools, expected some to call")}},
            {"/v1/chat/completions",
             prompt,
             {{"Content-Encoding", "gzip"}},
             {415, openai_error(R"(content-encoding: found \"gzip\", expected none)")}},
        };
        for (const auto& row : rows) {
            const Asked asked = ask("POST", row.target, row.body, row.fields);
            CHECK(asked.status == row.expected.status);
            CHECK(asked.body == row.expected.body);
        }
    }

    TEST_CASE("a body over the limit is refused and one at the limit is not") {
        Request request{.method = "POST", .target = "/v1/messages", .fields = {}, .body = prompt};
        request.body_bytes = max_request_bytes;
        CHECK(reply_to(request, stamp).status == 200);
        request.body_bytes = max_request_bytes + 1;
        const Reply refused = reply_to(request, stamp);
        CHECK(refused.status == 413);
        CHECK(refused.body ==
              anthropic_error("request_too_large", "body: found 33554433 bytes, expected at most 33554432"));
    }

    TEST_CASE("the head has the provider's ids and rate limits, less what the call spent") {
        CHECK(reply("POST", "/v1/chat/completions", prompt, {{"x-mock-tokens", "2"}, {"x-mock-cached-tokens", "10"}})
                  .header_lines ==
              "Content-Type: application/json\r\n"
              "x-request-id: req_u\r\n"
              "openai-organization: mock\r\n"
              "openai-version: 2020-10-01\r\n"
              "openai-processing-ms: 1\r\n"
              "x-ratelimit-limit-requests: 10000\r\n"
              "x-ratelimit-remaining-requests: 9999\r\n"
              "x-ratelimit-reset-requests: 6ms\r\n"
              "x-ratelimit-limit-tokens: 2000000\r\n"
              "x-ratelimit-remaining-tokens: 1999985\r\n"
              "x-ratelimit-reset-tokens: 1ms\r\n");
        CHECK(reply("POST", "/v1/messages", R"({"model":"m","stream":true,"messages":[{"content":"Say hello"}]})",
                    {{"x-mock-tokens", "2"}, {"x-mock-cached-tokens", "10"}, {"x-mock-retry-after", "3"}})
                  .header_lines ==
              "Content-Type: text/event-stream; charset=utf-8\r\n"
              "Cache-Control: no-cache\r\n"
              "request-id: req_u\r\n"
              "anthropic-organization-id: mock\r\n"
              "anthropic-ratelimit-requests-limit: 4000\r\n"
              "anthropic-ratelimit-requests-remaining: 3999\r\n"
              "anthropic-ratelimit-requests-reset: 1970-01-01T00:00:08Z\r\n"
              "anthropic-ratelimit-input-tokens-limit: 4000000\r\n"
              "anthropic-ratelimit-input-tokens-remaining: 3999997\r\n"
              "anthropic-ratelimit-input-tokens-reset: 1970-01-01T00:00:08Z\r\n"
              "anthropic-ratelimit-output-tokens-limit: 800000\r\n"
              "anthropic-ratelimit-output-tokens-remaining: 799998\r\n"
              "anthropic-ratelimit-output-tokens-reset: 1970-01-01T00:00:08Z\r\n"
              "anthropic-ratelimit-tokens-limit: 4800000\r\n"
              "anthropic-ratelimit-tokens-remaining: 4799995\r\n"
              "anthropic-ratelimit-tokens-reset: 1970-01-01T00:00:08Z\r\n"
              "retry-after: 3\r\n");
    }

    TEST_CASE("an error status comes whatever the body is, and a wrong header before it") {
        CHECK(ask("POST", "/v1/messages", "not JSON", {{"x-mock-status", "503"}}).status == 503);
        CHECK(ask("GET", "/v1/models", "", {{"x-mock-status", "503"}}).status == 503);
        CHECK(ask("POST", "/v1/messages", prompt, {{"x-mock-status", "503"}, {"x-mock-tokens", "x"}}).status == 400);
        CHECK_FALSE(
            reply("POST", "/v1/messages", R"({"model":"m","messages":[],"stream":true})", {{"x-mock-status", "500"}})
                .script);
    }

    TEST_CASE("an unstreamed body is cut behind its n-th token, in proportion when it is coded") {
        const auto cut = [](std::string_view after) {
            return reply("POST", "/v1/chat/completions", prompt, {{"x-mock-tokens", "3"}, {"x-mock-cut-after", after}});
        };
        const std::string body = cut("0").body;
        const auto sent = [&](std::string_view after) { return body.substr(0, cut_position(cut(after), body.size())); };
        CHECK(sent("0").ends_with(R"("content":")"));
        CHECK(sent("1").ends_with(R"("content":"token 1 )"));
        CHECK(sent("2").ends_with(R"("content":"token 1 token 2 )"));
        CHECK(sent("3") == body.substr(0, body.size() - 1));
        CHECK(sent("4") == body);
        CHECK(cut_position(cut("1"), 10) == sent("1").size() * 10 / body.size());
        CHECK(cut_position(reply("POST", "/v1/chat/completions", prompt), 10) == 10);
    }
}
