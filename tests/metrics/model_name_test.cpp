#include "metrics/model_name.hpp"

#include <doctest/doctest.h>

#include <string_view>

namespace tokenweir::metrics {
namespace {

struct Row {
    std::string_view asked, answered;
};

TEST_SUITE("model_name") {
    TEST_CASE("an alias and its dated version are the same model, whoever is named before it") {
        const Row rows[] = {
            {"gpt-4o", "gpt-4o"},
            {"gpt-4o", "gpt-4o-2024-08-06"},
            {"gpt-4", "gpt-4-0613"},
            {"gpt-3.5-turbo", "gpt-3.5-turbo-0125"},
            {"gpt-4.1-mini", "openai/gpt-4.1-mini-2025-04-14"},
            {"text-embedding-ada-002", "text-embedding-ada-002-v2"},
            {"claude-3-5-haiku-latest", "claude-3-5-haiku-20241022"},
            {"claude-sonnet-4-5", "claude-sonnet-4-5-20250929"},
            {"claude-opus-4-0", "claude-opus-4-20250514"},
            {"claude-sonnet-4@20250514", "claude-sonnet-4-20250514"},
            {"us.anthropic.claude-sonnet-4-20250514-v1:0", "claude-sonnet-4-20250514"},
            {"anthropic/claude-3.5-sonnet", "claude-3.5-sonnet"},
            {"models/gemini-2.0-flash", "gemini-2.0-flash-001"},
            {"gemini-2.5-flash-preview", "gemini-2.5-flash-preview-05-20"},
            {"publishers/google/models/gemini-2.5-pro", "gemini-2.5-pro"},
            {"mistral-large-latest", "mistral-large-2411"},
            {"command-r", "command-r-08-2024"},
            {"llama3.2:latest", "llama3.2"},
            {"deepseek/deepseek-r1:free", "deepseek-r1"},
            {"Qwen/Qwen2.5-7B-Instruct", "qwen2.5-7b-instruct"},
            {"grok-4", "grok-4-0709"},
        };
        for (const Row& row : rows) {
            CAPTURE(row.asked);
            CAPTURE(row.answered);
            CHECK(same_model(row.asked, row.answered));
            CHECK(same_model(row.answered, row.asked));
        }
    }

    TEST_CASE("another model is another model, and so is another version of one that was asked for by its date") {
        const Row rows[] = {
            {"gpt-4o", "gpt-4o-mini"},
            {"gpt-4o", "gpt-4o-mini-2024-07-18"},
            {"gpt-4o-2024-05-13", "gpt-4o-2024-08-06"},
            {"gpt-4", "gpt-4.1"},
            {"gpt-4", "gpt-3.5-turbo"},
            {"claude-sonnet-4", "claude-sonnet-4-5"},
            {"claude-3-5-sonnet-20240620", "claude-3-5-sonnet-20241022"},
            {"claude-opus-4", "claude-opus-4-1-20250805"},
            {"gemini-2.5-pro", "gemini-2.5-flash"},
            {"llama3.2", "llama3.1"},
            {"o1", "o3"},
            {"ft:gpt-4o-mini-2024-07-18:acme::a", "ft:gpt-4o-mini-2024-07-18:acme::b"},
            {"ft:gpt-4o-mini-2024-07-18:acme::a", "gpt-4o-mini-2024-07-18"},
            {"", "gpt-4o"},
        };
        for (const Row& row : rows) {
            CAPTURE(row.asked);
            CAPTURE(row.answered);
            CHECK_FALSE(same_model(row.asked, row.answered));
            CHECK_FALSE(same_model(row.answered, row.asked));
        }
    }

    TEST_CASE("names made of separators and digits are compared without reading past their ends") {
        const std::string_view odd[] = {"",   "-",  "/",      ".",          ":",       "@",   "1",
                                        "-1", "--", "-12-12", "2024-08-06", "-latest", "-v1", "-0"};
        for (const auto a : odd)
            for (const auto b : odd) CHECK(same_model(a, b) == same_model(b, a));
    }
}

}  // namespace
}  // namespace tokenweir::metrics
