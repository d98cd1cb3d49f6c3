/// Under which names a model is looked up, and in which order.
#include "metrics/price_names.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace tokenweir::metrics {
namespace {

/// A line each.
std::string names_of(std::string_view model) {
    std::string names;
    for (const std::string_view name : PriceNames(model)) names.append(name).append("\n");
    return names;
}

using Names = std::vector<std::string_view>;

std::string lines(const Names& names) {
    std::string all;
    for (const std::string_view name : names) all.append(name).append("\n");
    return all;
}

TEST_SUITE("price_names") {
    TEST_CASE("a name comes first as it is, then without what only says where or when") {
        const std::pair<std::string, Names> rows[] = {
            {"gpt-4o", {"gpt-4o"}},
            {"", {}},
            {"gpt-4o-2024-08-06", {"gpt-4o-2024-08-06", "gpt-4o"}},
            {"claude-sonnet-4-5-20250929", {"claude-sonnet-4-5-20250929", "claude-sonnet-4-5"}},
            {"claude-3-5-haiku-latest", {"claude-3-5-haiku-latest", "claude-3-5-haiku"}},
            {"claude-3-7-sonnet@20250219", {"claude-3-7-sonnet@20250219", "claude-3-7-sonnet"}},
            {"claude-3-5-sonnet-v2@20241022",
             {"claude-3-5-sonnet-v2@20241022", "claude-3-5-sonnet-v2", "claude-3-5-sonnet"}},
            {"eu.anthropic.claude-3-7-sonnet-20250219-v1:0",
             {"eu.anthropic.claude-3-7-sonnet-20250219-v1:0", "eu.anthropic.claude-3-7-sonnet-20250219-v1",
              "eu.anthropic.claude-3-7-sonnet-20250219", "eu.anthropic.claude-3-7-sonnet",
              "anthropic.claude-3-7-sonnet-20250219-v1:0", "anthropic.claude-3-7-sonnet-20250219-v1",
              "anthropic.claude-3-7-sonnet-20250219", "anthropic.claude-3-7-sonnet"}},
            {"anthropic.claude-3-haiku-20240307-v1:0:200k",
             {"anthropic.claude-3-haiku-20240307-v1:0:200k", "anthropic.claude-3-haiku-20240307-v1",
              "anthropic.claude-3-haiku-20240307", "anthropic.claude-3-haiku"}},
            {"openai.gpt-oss-120b-1:0", {"openai.gpt-oss-120b-1:0", "openai.gpt-oss-120b-1", "openai.gpt-oss-120b"}},
            {"cohere.embed-v4:0", {"cohere.embed-v4:0", "cohere.embed-v4", "cohere.embed"}},
            {"arn:aws:bedrock:us-east-1:012345678901:inference-profile/us.amazon.nova-lite-v1:0",
             {"arn:aws:bedrock:us-east-1:012345678901:inference-profile/us.amazon.nova-lite-v1:0",
              "arn:aws:bedrock:us-east-1:012345678901:inference-profile/us.amazon.nova-lite-v1",
              "arn:aws:bedrock:us-east-1:012345678901:inference-profile/us.amazon.nova-lite",
              "us.amazon.nova-lite-v1:0", "us.amazon.nova-lite-v1", "us.amazon.nova-lite", "amazon.nova-lite-v1:0",
              "amazon.nova-lite-v1", "amazon.nova-lite"}},
            {"models/gemini-2.5-pro", {"models/gemini-2.5-pro", "gemini-2.5-pro"}},
            {"publishers/google/models/gemini-2.5-pro", {"publishers/google/models/gemini-2.5-pro", "gemini-2.5-pro"}},
            {"ft:gpt-4o-mini-2024-07-18:org:name:id",
             {"ft:gpt-4o-mini-2024-07-18:org:name:id", "ft:gpt-4o-mini-2024-07-18", "ft:gpt-4o-mini"}},
        };
        for (const auto& [model, names] : rows) {
            CAPTURE(model);
            CHECK(names_of(model) == lines(names));
        }
    }

    TEST_CASE("what may change the price stays") {
        for (const char* model : {"gpt-4-0613", "mistral-large-2411", "gemini-2.0-flash-001", "minimax-m2:free",
                                  "qwen3:4b", "gpt-5-mini", "o3-pro", "kimi-k2-thinking", "GPT-4o", "vertex.claude",
                                  "usa.model", "models", "v1", "1:2x", "k", ":k"}) {
            CAPTURE(model);
            CHECK(names_of(model) == lines({model}));
        }
    }

    TEST_CASE("odd names do no harm") {
        for (const std::string_view model :
             {"@", ":", "-", "-v1", ":0", "-latest", "arn:", "arn:/", "models/", "publishers/", "publishers/x", "us.",
              "us.eu.global.us.eu.a-20250101-v1:0:1k", "ft:", "ft::", "-20250101"}) {
            CAPTURE(model);
            for (const std::string_view name : PriceNames(model)) CHECK_FALSE(name.empty());
        }
        const std::string digits(100'000, '1');
        CHECK(names_of(digits) == digits + "\n");
    }
}

}  // namespace
}  // namespace tokenweir::metrics
