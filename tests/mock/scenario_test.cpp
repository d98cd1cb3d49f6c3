#include "mock/scenario.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace tokenweir;
using namespace tokenweir::mock;
using namespace std::chrono_literals;

namespace {

Scenario scenario_of(std::vector<Field> fields) {
    const auto parsed = parse_scenario(fields);
    if (const auto* problem = std::get_if<std::string>(&parsed)) FAIL(*problem);
    return std::get<Scenario>(parsed);
}

std::string problem_of(std::vector<Field> fields) {
    const auto parsed = parse_scenario(fields);
    const auto* problem = std::get_if<std::string>(&parsed);
    return problem ? *problem : "none";
}

Scenario with(auto change) {
    Scenario scenario;
    change(scenario);
    return scenario;
}

}  // namespace

TEST_SUITE("scenario") {
    TEST_CASE("each header sets its own part and nothing else") {
        const struct {
            Field field;
            Scenario expected;
        } rows[] = {
            {{"x-mock-head-ms", "5"}, with([](auto& s) { s.head_delay = 5ms; })},
            {{"x-mock-ttft-ms", "250"}, with([](auto& s) { s.first_token_delay = 250ms; })},
            {{"x-mock-gap-ms", "0.5"}, with([](auto& s) { s.gap = 500us; })},
            {{"x-mock-gap-ms", "3600000"}, with([](auto& s) { s.gap = 1h; })},
            {{"x-mock-tokens", "0"}, with([](auto& s) { s.tokens = 0; })},
            {{"X-Mock-Tokens", "1000000"}, with([](auto& s) { s.tokens = 1'000'000; })},
            {{"x-mock-tool-calls", "100"}, with([](auto& s) { s.tool_calls = 100; })},
            {{"x-mock-reasoning-tokens", "3"}, with([](auto& s) { s.reasoning_tokens = 3; })},
            {{"x-mock-cached-tokens", "4"}, with([](auto& s) { s.cached_tokens = 4; })},
            {{"x-mock-cache-write-tokens", "6"}, with([](auto& s) { s.cache_write_tokens = 6; })},
            {{"x-mock-refuse", "on"}, with([](auto& s) { s.refuse = true; })},
            {{"x-mock-refuse", "off"}, Scenario{}},
            {{"x-mock-status", "200"}, Scenario{}},
            {{"x-mock-status", "400"}, with([](auto& s) { s.status = 400; })},
            {{"x-mock-status", "599"}, with([](auto& s) { s.status = 599; })},
            {{"x-mock-retry-after", "0"}, with([](auto& s) { s.retry_after_seconds = 0; })},
            {{"x-mock-error-after", "2"}, with([](auto& s) { s.error_after = 2; })},
            {{"x-mock-error-status", "429"}, with([](auto& s) { s.error_status = 429; })},
            {{"x-mock-cut-after", "0"}, with([](auto& s) { s.cut_after = 0; })},
            {{"x-mock-cut", "rst"}, with([](auto& s) { s.cut = Cut::rst; })},
            {{"x-mock-no-answer", "on"}, with([](auto& s) { s.no_answer = true; })},
            {{"x-mock-no-done", "on"}, with([](auto& s) { s.no_done = true; })},
            {{"x-mock-stall-after", "7"}, with([](auto& s) { s.stall_after = 7; })},
            {{"x-mock-stall-ms", "20"}, with([](auto& s) { s.stall = 20ms; })},
            {{"x-mock-encoding", "zstd"}, with([](auto& s) { s.coding = Coding::zstd; })},
            {{"x-mocking", "a field of someone else"}, Scenario{}},
            {{"user-agent", "curl"}, Scenario{}},
        };
        for (const auto& row : rows) {
            CAPTURE(row.field.name);
            CAPTURE(row.field.value);
            CHECK(scenario_of({row.field}) == row.expected);
        }
    }

    TEST_CASE("headers add up") {
        const Scenario expected = with([](Scenario& s) {
            s.tokens = 3;
            s.gap = 10ms;
        });
        CHECK(scenario_of({{"x-mock-tokens", "3"}, {"accept", "*/*"}, {"x-mock-gap-ms", "10"}}) == expected);
    }

    TEST_CASE("a wrong value is refused with the header and what was found and expected") {
        const struct {
            std::vector<Field> fields;
            std::string_view expected;
        } rows[] = {
            {{{"x-mock-gap-ms", "fast"}}, R"(x-mock-gap-ms: found "fast", expected milliseconds from 0 to 3600000)"},
            {{{"x-mock-gap-ms", "-1"}}, R"(x-mock-gap-ms: found "-1", expected milliseconds from 0 to 3600000)"},
            {{{"x-mock-gap-ms", "nan"}}, R"(x-mock-gap-ms: found "nan", expected milliseconds from 0 to 3600000)"},
            {{{"x-mock-ttft-ms", "3600000.1"}},
             R"(x-mock-ttft-ms: found "3600000.1", expected milliseconds from 0 to 3600000)"},
            {{{"x-mock-tokens", ""}}, R"(x-mock-tokens: found "", expected an integer from 0 to 1000000)"},
            {{{"x-mock-tokens", "1000001"}},
             R"(x-mock-tokens: found "1000001", expected an integer from 0 to 1000000)"},
            {{{"x-mock-tokens", "1.5"}}, R"(x-mock-tokens: found "1.5", expected an integer from 0 to 1000000)"},
            {{{"x-mock-status", "399"}}, R"(x-mock-status: found "399", expected 200 or an integer from 400 to 599)"},
            {{{"x-mock-status", "600"}}, R"(x-mock-status: found "600", expected 200 or an integer from 400 to 599)"},
            {{{"x-mock-refuse", "yes"}}, R"(x-mock-refuse: found "yes", expected on or off)"},
            {{{"x-mock-cut", "hup"}}, R"(x-mock-cut: found "hup", expected fin or rst)"},
            {{{"x-mock-encoding", "lzw"}},
             R"(x-mock-encoding: found "lzw", expected identity, gzip, deflate, br or zstd)"},
            {{{"X-Mock-Tokens", "1"}, {"x-mock-tokens", "2"}}, "x-mock-tokens: found twice, expected once"},
            {{{"x-mock-tokens", "1"}, {"x-mock-gap-ms", "x"}},
             R"(x-mock-gap-ms: found "x", expected milliseconds from 0 to 3600000)"},
        };
        for (const auto& row : rows) CHECK(problem_of(row.fields) == row.expected);
    }

    TEST_CASE("an unknown header is refused with the names of those that are known") {
        const std::string problem = problem_of({{"x-mock-token", "1"}});
        CHECK(problem.starts_with("x-mock-token: found an unknown header, expected one of x-mock-head-ms "));
        for (const auto& header : scenario_headers()) CHECK(problem.find(header.name) != std::string::npos);
    }

    TEST_CASE("tokens are due on a fixed schedule that a stall moves from its token on") {
        Scenario scenario;
        scenario.first_token_delay = 100ms;
        scenario.gap = 10ms;
        CHECK(token_due(scenario, 0) == 100ms);
        CHECK(token_due(scenario, 3) == 130ms);
        CHECK(end_due(scenario, 4) == 130ms);
        CHECK(end_due(scenario, 0) == 100ms);
        scenario.stall_after = 2;
        scenario.stall = 1s;
        CHECK(token_due(scenario, 1) == 110ms);
        CHECK(token_due(scenario, 2) == 1120ms);
        CHECK(token_due(scenario, 3) == 1130ms);
        CHECK(end_due(scenario, 4) == 1130ms);
        CHECK(end_due(scenario, 2) == 1110ms);
        CHECK(end_due(scenario, 1) == 100ms);
    }
}
