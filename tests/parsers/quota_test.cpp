#include "parsers/quota.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <sstream>
#include <string>
#include <vector>

using namespace tokenweir;
using namespace tokenweir::parsers;

namespace {

const WallTime now = WallTime(std::chrono::seconds(1'700'000'000));  // Tue, 14 Nov 2023 22:13:20 GMT

Quotas read(Fields fields) {
    Quotas quotas;
    read_quotas(fields, now, quotas);
    return quotas;
}

Quotas of_requests(Quota requests) {
    Quotas quotas;
    quotas.requests = requests;
    return quotas;
}

Quotas wait(double seconds) {
    Quotas quotas;
    quotas.retry_after_seconds = seconds;
    return quotas;
}

struct Row {
    const char* name;
    std::vector<Field> fields;
    Quotas expected;
};

void check(const std::vector<Row>& rows) {
    for (const Row& row : rows) {
        CAPTURE(row.name);
        CHECK(read(row.fields) == row.expected);
        std::vector<Field> backwards(row.fields.rbegin(), row.fields.rend());
        CHECK(read(backwards) == row.expected);
    }
}

}  // namespace

TEST_SUITE("quota") {
    TEST_CASE("reads what each provider sends, in any order of the fields") {
        check({
            {"OpenAI",
             {{"x-ratelimit-limit-requests", "10000"},
              {"x-ratelimit-remaining-requests", "9999"},
              {"x-ratelimit-reset-requests", "6ms"},
              {"x-ratelimit-limit-tokens", "2000000"},
              {"x-ratelimit-remaining-tokens", "1999000"},
              {"x-ratelimit-reset-tokens", "1m3.5s"},
              {"x-ratelimit-limit-input-images", "50000"},
              {"x-ratelimit-limit-tokens_usage_based", "40000"},
              {"x-ratelimit-limit-project-tokens", "30000"}},
             {{10000, 9999, 0.006}, {2000000, 1999000, 63.5}, {}, {}, {}, {}, {}}},
            {"Azure",
             {{"x-ratelimit-limit-requests", "500"},
              {"x-ratelimit-remaining-requests", "499"},
              {"x-ratelimit-reset-requests", "500"},
              {"x-ratelimit-renewalperiod-requests", "60"},
              {"x-ratelimit-limit-tokens", "120000"},
              {"x-ratelimit-remaining-tokens", "119000"},
              {"x-ratelimit-key", "abcdef"},
              {"retry-after", "7"},
              {"retry-after-ms", "6250"}},
             {{500, 499, 500}, {120000, 119000, {}}, {}, {}, {}, {}, 6.25}},
            {"Anthropic",
             {{"anthropic-ratelimit-requests-limit", "50"},
              {"anthropic-ratelimit-requests-remaining", "49"},
              {"anthropic-ratelimit-requests-reset", "2023-11-14T22:13:50Z"},
              {"anthropic-ratelimit-tokens-limit", "48000"},
              {"anthropic-ratelimit-tokens-remaining", "47000"},
              {"anthropic-ratelimit-tokens-reset", "2023-11-14T22:13:21Z"},
              {"anthropic-ratelimit-input-tokens-limit", "40000"},
              {"anthropic-ratelimit-input-tokens-remaining", "39000"},
              {"anthropic-ratelimit-input-tokens-reset", "2023-11-14T22:13:22Z"},
              {"anthropic-ratelimit-output-tokens-limit", "8000"},
              {"anthropic-ratelimit-output-tokens-remaining", "7000"},
              {"anthropic-ratelimit-output-tokens-reset", "2023-11-14T22:00:00Z"},
              {"anthropic-priority-input-tokens-limit", "1"}},
             {{50, 49, 30}, {48000, 47000, 1}, {40000, 39000, 2}, {8000, 7000, 0}, {}, {}, {}}},
            {"Anthropic for subscribers",
             {{"anthropic-ratelimit-unified-status", "allowed"},
              {"anthropic-ratelimit-unified-reset", "1700000060"},
              {"anthropic-ratelimit-unified-representative-claim", "five_hour"},
              {"anthropic-ratelimit-unified-fallback-percentage", "0.5"},
              {"anthropic-ratelimit-unified-5h-status", "allowed"},
              {"anthropic-ratelimit-unified-5h-utilization", "0.42"},
              {"anthropic-ratelimit-unified-5h-reset", "1700000060"},
              {"anthropic-ratelimit-unified-7d-utilization", "1.02"},
              {"anthropic-ratelimit-unified-7d-reset", "1700600000"},
              {"retry-after", "7999"}},
             {{}, {}, {}, {}, {1, 0.58, 60}, {1, 0, 600000}, 7999}},
            {"Groq",
             {{"x-ratelimit-limit-requests", "14400"},
              {"x-ratelimit-remaining-requests", "14399"},
              {"x-ratelimit-reset-requests", "6m0s"},
              {"x-ratelimit-limit-tokens", "6000"},
              {"x-ratelimit-remaining-tokens", "5985"},
              {"x-ratelimit-reset-tokens", "150ms"},
              {"retry-after", "2"}},
             {{14400, 14399, 360}, {6000, 5985, 0.15}, {}, {}, {}, {}, 2}},
            {"Mistral",
             {{"x-ratelimit-limit-req-10-second", "60"},
              {"x-ratelimit-remaining-req-10-second", "59"},
              {"x-ratelimit-limit-req-minute", "300"},
              {"x-ratelimit-remaining-req-minute", "299"},
              {"x-ratelimit-limit-tokens-minute", "500000"},
              {"x-ratelimit-remaining-tokens-minute", "499000"},
              {"x-ratelimit-limit-tokens-month", "1000000000"},
              {"x-ratelimit-remaining-tokens-month", "999000000"},
              {"x-ratelimit-tokens-query-cost", "110"}},
             {{60, 59, {}}, {500000, 499000, {}}, {}, {}, {}, {}, {}}},
            {"Mistral, older",
             {{"ratelimitbysize-limit", "500000"},
              {"ratelimitbysize-remaining", "405270"},
              {"ratelimitbysize-reset", "19"},
              {"ratelimitbysize-query-cost", "32010"},
              {"x-ratelimitbysize-limit-minute", "400000"},
              {"x-ratelimitbysize-remaining-month", "997278920"}},
             {{}, {500000, 405270, 19}, {}, {}, {}, {}, {}}},
            {"xAI",
             {{"x-ratelimit-limit-requests", "480"},
              {"x-ratelimit-remaining-requests", "479"},
              {"x-ratelimit-limit-tokens", "2000000"},
              {"x-ratelimit-remaining-tokens", "1999990"}},
             {{480, 479, {}}, {2000000, 1999990, {}}, {}, {}, {}, {}, {}}},
            {"Together",
             {{"x-ratelimit", "false"},
              {"x-ratelimit-limit", "10"},
              {"x-ratelimit-remaining", "9"},
              {"x-ratelimit-reset", "1"},
              {"x-ratelimit-limit-dynamic", "3"},
              {"x-tokenlimit-limit", "2000"},
              {"x-tokenlimit-remaining", "1900"}},
             {{10, 9, 1}, {2000, 1900, {}}, {}, {}, {}, {}, {}}},
            {"Fireworks",
             {{"x-ratelimit-limit-requests", "600"},
              {"x-ratelimit-remaining-requests", "599"},
              {"x-ratelimit-limit-tokens-prompt", "21600000"},
              {"x-ratelimit-remaining-tokens-prompt", "21500000"},
              {"x-ratelimit-limit-tokens-cache-adjusted-prompt", "5400000"},
              {"x-ratelimit-limit-tokens-generated", "216000"},
              {"x-ratelimit-remaining-tokens-generated", "215000"}},
             {{600, 599, {}}, {}, {21600000, 21500000, {}}, {216000, 215000, {}}, {}, {}, {}}},
            {"Cerebras",
             {{"x-ratelimit-limit-requests-day", "1000000"},
              {"x-ratelimit-remaining-requests-day", "999999"},
              {"x-ratelimit-reset-requests-day", "33011.382867"},
              {"x-ratelimit-remaining-requests-hour", "119999"},
              {"x-ratelimit-limit-tokens-minute", "60000"},
              {"x-ratelimit-remaining-tokens-minute", "59000"},
              {"x-ratelimit-reset-tokens-minute", "11.38"}},
             {{{}, 119999, {}}, {60000, 59000, 11.38}, {}, {}, {}, {}, {}}},
            {"Cohere",
             {{"x-trial-endpoint-call-limit", "20"},
              {"x-trial-endpoint-call-remaining", "19"},
              {"x-endpoint-monthly-call-limit", "1000"},
              {"num_tokens", "83"}},
             of_requests({20, 19, {}})},
            {"Cohere for production", {{"x-endpoint-monthly-call-limit", "1000"}}, of_requests({1000, {}, {}})},
            {"OpenRouter",
             {{"X-RateLimit-Limit", "20"}, {"X-RateLimit-Remaining", "0"}, {"X-RateLimit-Reset", "1700000060000"}},
             of_requests({20, 0, 60})},
            {"GitHub",
             {{"x-ratelimit-limit", "15"},
              {"x-ratelimit-remaining", "14"},
              {"x-ratelimit-reset", "1700000030"},
              {"x-ratelimit-used", "1"},
              {"x-ratelimit-resource", "models"},
              {"x-ratelimit-timeremaining", "55"},
              {"x-ratelimit-type", "UserByMinute"}},
             of_requests({15, 14, 30})},
            {"a gateway that counts by the minute",
             {{"x-ratelimit-limit-minute", "400"}, {"x-ratelimit-remaining-minute", "399"}},
             of_requests({400, 399, {}})},
            {"Replicate", {{"ratelimit-remaining", "2999"}, {"ratelimit-reset", "1"}}, of_requests({{}, 2999, 1})},
        });
    }

    TEST_CASE("reads the fields of the IETF, in each form that a draft gave them") {
        check({
            {"three fields",
             {{"RateLimit-Limit", "100"}, {"RateLimit-Remaining", "50"}, {"RateLimit-Reset", "30"}},
             of_requests({100, 50, 30})},
            {"a limit with its policies", {{"ratelimit-limit", "10, 10;w=1, 50;w=60"}}, of_requests({10, {}, {}})},
            {"one field", {{"RateLimit", "limit=100, remaining=50, reset=30"}}, of_requests({100, 50, 30})},
            {"an item and its policy",
             {{"ratelimit", "\"api\";r=999;t=295"}, {"ratelimit-policy", "\"fixed window\";\"api\";q=1000;w=300"}},
             of_requests({1000, 999, 295})},
            {"two items", {{"ratelimit", "\"a\";r=9;t=5, \"b\";r=3;t=60"}}, of_requests({{}, 9, 5})},
            {"two policies", {{"ratelimit-policy", "\"a\";q=10;w=1, \"b\";q=50;w=60"}}, {}},
            {"a policy in two fields", {{"ratelimit-policy", "\"a\";q=10"}, {"ratelimit-policy", "\"b\";q=50"}}, {}},
            {"a policy of requests", {{"ratelimit-policy", "\"a\";q=10;qu=\"requests\""}}, of_requests({10, {}, {}})},
            {"a policy of bytes", {{"ratelimit-policy", "\"a\";q=65536;qu=\"content-bytes\""}}, {}},
            {"no parameters", {{"ratelimit", "\"a\";r;t, ;=;"}, {"ratelimit-policy", "\"a\""}}, {}},
        });
    }

    TEST_CASE("reads how long to wait, the finer field first") {
        check({
            {"seconds", {{"Retry-After", "120"}}, wait(120)},
            {"a date", {{"retry-after", "Tue, 14 Nov 2023 22:14:20 GMT"}}, wait(60)},
            {"a date that has passed", {{"retry-after", "Tue, 14 Nov 2023 22:12:20 GMT"}}, wait(0)},
            {"milliseconds", {{"retry-after-ms", "50"}}, wait(0.05)},
            {"both", {{"retry-after", "1"}, {"retry-after-ms", "50"}}, wait(0.05)},
            {"milliseconds that are none", {{"retry-after", "1"}, {"retry-after-ms", "soon"}}, wait(1)},
            {"another field", {{"retry-afterwards", "1"}, {"retry-after-us", "1"}, {"x-retry-after", "1"}}, {}},
        });
    }

    TEST_CASE("records one window whole: the one without a name, else the shortest") {
        check({
            {"named and unnamed",
             {{"x-ratelimit-limit-requests", "20"},
              {"x-ratelimit-limit-requests-day", "1000"},
              {"x-ratelimit-remaining-requests-day", "900"},
              {"x-ratelimit-reset-requests-day", "86400"}},
             of_requests({20, {}, {}})},
            {"all of them",
             {{"x-ratelimit-limit-requests-month", "4"},
              {"x-ratelimit-limit-requests-week", "3"},
              {"x-ratelimit-limit-requests-day", "2"},
              {"x-ratelimit-limit-requests-second", "1"},
              {"x-ratelimit-remaining-requests-hour", "1"}},
             of_requests({1, {}, {}})},
            {"a shorter one that says nothing",
             {{"x-ratelimit-limit-requests-day", "2"}, {"x-ratelimit-limit-requests-minute", "none"}},
             of_requests({2, {}, {}})},
            {"a window that is none", {{"x-ratelimit-limit-requests-fortnight", "2"}}, {}},
            {"a count without a window", {{"x-ratelimit-limit-requests-10", "2"}}, {}},
        });
    }

    TEST_CASE("counts the first of fields that come twice") {
        const std::vector<Field> fields{{"x-ratelimit-limit", "20"},
                                        {"X-RateLimit-Limit", "30"},
                                        {"retry-after", "1"},
                                        {"Retry-After", "2"},
                                        {"ratelimit-limit", "40"}};
        Quotas expected = of_requests({20, {}, {}});
        expected.retry_after_seconds = 1;
        CHECK(read(fields) == expected);
    }

    TEST_CASE("records nothing of what is no number") {
        const std::string huge(64 * 1024, '9'), words(64 * 1024, 'x');
        for (const std::string_view value :
             {std::string_view("many"), std::string_view(""), std::string_view("-1"), std::string_view("1e3"),
              std::string_view("inf"), std::string_view("nan"), std::string_view("0x10"), std::string_view("10 000"),
              std::string_view("\xFF\xFE"), std::string_view("1\0", 2), std::string_view("\x01"),
              std::string_view(huge), std::string_view(words)}) {
            CAPTURE(value.substr(0, 20));
            const std::vector<Field> fields{{"x-ratelimit-limit-requests", value},
                                            {"x-ratelimit-remaining-tokens", value},
                                            {"anthropic-ratelimit-tokens-limit", value},
                                            {"anthropic-ratelimit-unified-5h-utilization", value},
                                            {"ratelimit", value},
                                            {"ratelimit-policy", value},
                                            {"ratelimitbysize-limit", value},
                                            {"x-trial-endpoint-call-limit", value},
                                            {"retry-after-ms", value}};
            CHECK(read(fields) == Quotas{});
        }
    }

    TEST_CASE("is not misled by names that only look alike") {
        const std::vector<Field> fields{{"x-ratelimit", "1"},
                                        {"x-ratelimit-", "1"},
                                        {"x-ratelimit-limits", "1"},
                                        {"x-ratelimit-limit-", "1"},
                                        {"x-ratelimit-limit-tokens-", "1"},
                                        {"x-ratelimit-limit-token", "1"},
                                        {"x-rate-limit-limit", "1"},
                                        {"xx-ratelimit-limit", "1"},
                                        {"x-", "1"},
                                        {"x", "1"},
                                        {"", "1"},
                                        {"anthropic-ratelimit-", "1"},
                                        {"anthropic-ratelimit-limit", "1"},
                                        {"anthropic-ratelimit--limit", "1"},
                                        {"anthropic-ratelimit-tokens-limits", "1"},
                                        {"anthropic-ratelimit-unified-utilization", "1"},
                                        {"anthropic-ratelimit-utilization", "1"},
                                        {"ratelimit-", "1"},
                                        {"ratelimits", "1"},
                                        {"ratelimit-policy-", "1"},
                                        {"llm_provider-x-ratelimit-limit-requests", "1"}};
        CHECK(read(fields) == Quotas{});
        CHECK(read({}) == Quotas{});
    }
}
