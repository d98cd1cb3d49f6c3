#include "mock/prompt.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace tokenweir::mock;

TEST_SUITE("prompt") {
    TEST_CASE("reads what either provider's request says") {
        const struct {
            std::string_view name, body;
            Prompt expected;
        } rows[] = {
            {"the least", R"({"model":"m","messages":[]})", {.model = "m"}},
            {"null options",
             R"({"model":"m","messages":[],"stream":null,"stream_options":null,"tools":null,"n":null})",
             {.model = "m"}},
            {"a stream with usage",
             R"({"stream":true,"stream_options":{"include_usage":true},"messages":[],"model":"m"})",
             {.model = "m", .stream = true, .include_usage = true}},
            {"an explicit false",
             R"({"stream":false,"stream_options":{"include_usage":false},"messages":[],"model":"m"})",
             {.model = "m"}},
            {"max_tokens", R"({"model":"m","messages":[],"max_tokens":5})", {.model = "m", .max_tokens = 5}},
            {"max_completion_tokens wins",
             R"({"model":"m","messages":[],"max_tokens":5,"max_completion_tokens":6})",
             {.model = "m", .max_tokens = 6}},
            {"tools of OpenAI",
             R"({"model":"m","messages":[],"tools":[{"type":"function","function":{"name":"a"}}]})",
             {.model = "m", .tools = {"a"}}},
            {"tools of Anthropic",
             R"({"model":"m","messages":[],"tools":[{"name":"a","input_schema":{}},{"name":"b"}]})",
             {.model = "m", .tools = {"a", "b"}}},
            {"an escaped model", R"({"model":"a\"\u00e9","messages":[]})", {.model = "a\"\xc3\xa9"}},
        };
        for (const auto& row : rows) {
            CAPTURE(row.name);
            const auto read = read_prompt(row.body);
            REQUIRE(std::holds_alternative<Prompt>(read));
            CHECK(std::get<Prompt>(read) == row.expected);
        }
    }

    TEST_CASE("counts a token for every four bytes of text in messages and system") {
        const struct {
            std::string_view name, body;
            std::uint32_t tokens;
        } rows[] = {
            {"no text", R"({"model":"m","messages":[]})", 0},
            {"one byte", R"({"model":"m","messages":[{"role":"user","content":"a"}]})", 1},
            {"four bytes", R"({"model":"m","messages":[{"content":"abcd"}]})", 1},
            {"five bytes", R"({"model":"m","messages":[{"content":"abcde"}]})", 2},
            {"bytes of UTF-8, not of JSON", R"({"model":"m","messages":[{"content":"\u00e9\u00e9"}]})", 1},
            {"all messages together", R"({"model":"m","messages":[{"content":"ab"},{"content":"cd"}]})", 1},
            {"parts",
             R"({"model":"m","messages":[{"content":[{"text":"abcd"},{"image_url":{"url":"x"}},{"text":"e"}]}]})", 2},
            {"system text", R"({"model":"m","system":"abcd","messages":[{"content":"e"}]})", 2},
            {"system parts", R"({"model":"m","system":[{"type":"text","text":"abcd"}],"messages":[]})", 1},
            {"null content", R"({"model":"m","messages":[{"role":"assistant","content":null}]})", 0},
        };
        for (const auto& row : rows) {
            CAPTURE(row.name);
            const auto read = read_prompt(row.body);
            REQUIRE(std::holds_alternative<Prompt>(read));
            CHECK(std::get<Prompt>(read).tokens == row.tokens);
        }
    }

    TEST_CASE("says what is wrong with a request that cannot be answered") {
        const struct {
            std::string_view body, problem;
        } rows[] = {
            {"", "body: found no valid JSON object, expected one"},
            {"{", "body: found no valid JSON object, expected one"},
            {"[]", "body: found no valid JSON object, expected one"},
            {"{}", "model: found none, expected a string"},
            {R"({"model":1,"messages":[]})", "model: found none, expected a string"},
            {R"({"model":"","messages":[]})", "model: found none, expected a string"},
            {R"({"model":"m"})", "messages: found none, expected an array"},
            {R"({"model":"m","messages":{}})", "messages: found none, expected an array"},
            {R"({"model":"m","messages":[],"n":2})", "n: found 2, expected 1 (the mock answers with one choice)"},
        };
        for (const auto& row : rows) {
            CAPTURE(row.body);
            const auto read = read_prompt(row.body);
            REQUIRE(std::holds_alternative<std::string>(read));
            CHECK(std::get<std::string>(read) == row.problem);
        }
    }
}
