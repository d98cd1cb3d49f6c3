#include "parsers/quota.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace tokenweir;
using namespace tokenweir::parsers;

namespace {

const WallTime now = WallTime(std::chrono::seconds(1'700'000'000));  // 2023-11-14T22:13:20Z

}  // namespace

TEST_SUITE("quota") {
    TEST_CASE("reads spans of time as providers write them") {
        struct Row {
            const char* text;
            std::optional<double> seconds;
        };
        const Row rows[] = {{"6ms", 0.006}, {"1m3.5s", 63.5}, {"2h", 7200},  {"1d2h3m4s", 93784}, {"500", 500},
                            {"0.25", 0.25}, {"0s", 0},        {"", {}},      {"soon", {}},        {"1x", {}},
                            {"-1", {}},     {"1m3", {}},      {"1.2.3", {}}, {"inf", {}},         {"1e9", {}}};
        for (const Row& row : rows) {
            CAPTURE(row.text);
            const auto got = parse_span(row.text);
            REQUIRE(got.has_value() == row.seconds.has_value());
            if (got) CHECK(*got == doctest::Approx(*row.seconds));
        }
    }

    TEST_CASE("reads dates and nothing that only looks like one") {
        CHECK(parse_date("2023-11-14T22:13:20Z") == now);
        CHECK(parse_date("2023-11-14T23:13:20+01:00") == now);
        CHECK(parse_date("2023-11-14t20:43:20-01:30") == now);
        CHECK(parse_date("2023-11-14T22:13:20.5Z") == now + std::chrono::milliseconds(500));
        for (const char* text :
             {"", "2023-11-14", "2023-11-14T22:13:20", "2023-02-30T22:13:20Z", "2023-11-14T24:13:20Z",
              "2023-11-14T22:60:20Z", "2023-11-14T22:13:61Z", "2023-11-14T22:13:20Zx", "+023-11-14T22:13:20Z"}) {
            CAPTURE(text);
            CHECK_FALSE(parse_date(text));
        }
    }

    TEST_CASE("reads the common headers") {
        const std::vector<Field> fields{
            {"X-RateLimit-Limit-Requests", "10000"},     {"x-ratelimit-remaining-requests", "9999"},
            {"x-ratelimit-reset-requests", "6ms"},       {"x-ratelimit-limit-tokens", "2000000"},
            {"x-ratelimit-remaining-tokens", "1999000"}, {"x-ratelimit-reset-tokens", "1m3s"},
            {"x-ratelimit-limit-input-images", "5"},     {"retry-after", "1"}};
        CHECK(read_quotas(fields, now) == Quotas{{10000, 9999, 0.006}, {2000000, 1999000, 63}, {}, {}});
    }

    TEST_CASE("reads Anthropic's headers and turns dates into seconds from now") {
        const std::vector<Field> fields{{"anthropic-ratelimit-requests-limit", "50"},
                                        {"anthropic-ratelimit-requests-reset", "2023-11-14T22:13:50Z"},
                                        {"anthropic-ratelimit-input-tokens-remaining", "400"},
                                        {"anthropic-ratelimit-output-tokens-reset", "2023-11-14T22:00:00Z"},
                                        {"anthropic-ratelimit-unified-status", "allowed"}};
        Quotas expected;
        expected.requests = {50, {}, 30};
        expected.input_tokens.remaining = 400;
        expected.output_tokens.reset_seconds = 0;
        CHECK(read_quotas(fields, now) == expected);
    }

    TEST_CASE("reads windows and bare names and Unix times") {
        const std::vector<Field> fields{{"x-ratelimit-limit", "20"},
                                        {"x-ratelimit-reset", "1700000060000"},
                                        {"x-ratelimit-limit-tokens-minute", "500"},
                                        {"x-ratelimit-limit-tokens-month", "900000"},
                                        {"x-ratelimit-remaining-tokens", "many"},
                                        {"x-ratelimit-limits", "1"}};
        CHECK(read_quotas(fields, now) == Quotas{{20, {}, 60}, {500, {}, {}}, {}, {}});
    }
}
