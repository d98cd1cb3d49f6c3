#include "parsers/error_body.hpp"

#include <doctest/doctest.h>

using namespace tokenweir::parsers;

namespace {

struct Row {
    const char* name;
    const char* body;
    std::optional<ProviderError> error;
};

const Row rows[] = {
    {"OpenAI",
     R"({"error":{"message":"m","type":"invalid_request_error","param":null,"code":"model_not_found"}})",
     {{"invalid_request_error", "model_not_found"}}},
    {"a code that is a number", R"({"error":{"code":429,"message":"m","metadata":{"code":1}}})", {{"", "429"}}},
    {"null words", R"({"error":{"type":null,"code":null}})", {{"", ""}}},
    {"Anthropic",
     R"({"type":"error","error":{"type":"overloaded_error","message":"m"},"request_id":"r"})",
     {{"overloaded_error", ""}}},
    {"Google",
     R"({"error":{"code":400,"message":"m","status":"INVALID_ARGUMENT","details":[{"code":9}]}})",
     {{"INVALID_ARGUMENT", "400"}}},
    {"Google's list", R"([{"error":{"code":404,"status":"NOT_FOUND"}}])", {{"NOT_FOUND", "404"}}},
    {"Azure's content filter: its status is a number",
     R"({"error":{"code":"content_filter","status":400,"type":null}})",
     {{"", "content_filter"}}},
    {"TGI", R"({"error":"m","error_type":"validation"})", {{"validation", ""}}},
    {"xAI", R"({"code":"invalid-argument","error":"m"})", {{"", "invalid-argument"}}},
    {"Mistral and old vLLM",
     R"({"object":"error","message":"m","type":"invalid_model","param":null,"code":"1500"})",
     {{"invalid_model", "1500"}}},
    {"FastAPI", R"({"detail":[{"type":"missing","loc":["body"]}]})", {{"", ""}}},
    {"Bedrock", R"({"message":"m"})", {{"", ""}}},
    {"Apigee", R"({"fault":{"faultstring":"m","detail":{"errorcode":"steps.Over"}}})", {{"", "steps.Over"}}},
    {"an empty list", "[]", {{"", ""}}},
    {"HTML", "<html>Bad Gateway</html>", {}},
    {"nothing", "", {}},
    {"cut short", R"({"error":{"type":"api_err)", {}},
};

}  // namespace

TEST_SUITE("error_body") {
    TEST_CASE("finds a provider's words in every shape") {
        for (const Row& row : rows) {
            CAPTURE(row.name);
            const auto got = read_error(row.body);
            REQUIRE(got.has_value() == row.error.has_value());
            if (!got) continue;
            CHECK(got->type == row.error->type);
            CHECK(got->code == row.error->code);
        }
    }

    TEST_CASE("keeps no more of a word than a label bears") {
        const auto got = read_error(R"({"error":{"type":")" + std::string(5000, 't') + R"("}})");
        REQUIRE(got);
        CHECK(got->type == std::string(256, 't'));
    }
}
