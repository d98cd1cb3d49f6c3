#include "mock/scenario.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <utility>

namespace tokenweir::mock {
namespace {

constexpr std::string_view prefix = "x-mock-";
constexpr double max_milliseconds = 3'600'000;

template <class Number>
std::optional<Number> number(std::string_view text) noexcept {
    Number value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

/// An integer member, plain or optional, within [low, high].
template <auto member, std::uint32_t low, std::uint32_t high>
bool count(Scenario& scenario, std::string_view text) {
    const auto value = number<std::uint32_t>(text);
    if (!value || *value < low || *value > high) return false;
    scenario.*member = *value;
    return true;
}

template <auto member>
bool milliseconds(Scenario& scenario, std::string_view text) {
    const auto value = number<double>(text);
    if (!value || !(*value >= 0 && *value <= max_milliseconds)) return false;  // NaN too
    scenario.*member = std::chrono::microseconds(std::llround(*value * 1000));
    return true;
}

template <auto member>
bool flag(Scenario& scenario, std::string_view text) {
    if (text != "on" && text != "off") return false;
    scenario.*member = text == "on";
    return true;
}

template <class Value, std::size_t n>
bool choice(Value& member, std::string_view text, const std::array<std::pair<std::string_view, Value>, n>& known) {
    const auto found = std::ranges::find(known, text, &std::pair<std::string_view, Value>::first);
    if (found == known.end()) return false;
    member = found->second;
    return true;
}

bool cut(Scenario& scenario, std::string_view text) {
    static constexpr std::array<std::pair<std::string_view, Cut>, 2> known{{{"fin", Cut::fin}, {"rst", Cut::rst}}};
    return choice(scenario.cut, text, known);
}

bool coding(Scenario& scenario, std::string_view text) {
    static constexpr std::array<std::pair<std::string_view, Coding>, 5> known{{{"identity", Coding::identity},
                                                                               {"gzip", Coding::gzip},
                                                                               {"deflate", Coding::deflate},
                                                                               {"br", Coding::br},
                                                                               {"zstd", Coding::zstd}}};
    return choice(scenario.coding, text, known);
}

constexpr std::string_view a_time = "milliseconds from 0 to 3600000";
constexpr std::string_view a_count = "an integer from 0 to 1000000";
constexpr std::string_view a_flag = "on or off";
constexpr std::uint32_t million = 1'000'000;

constexpr std::array<ScenarioHeader, 20> headers{{
    {"x-mock-head-ms", a_time, "0", "wait before the response head", milliseconds<&Scenario::head_delay>},
    {"x-mock-ttft-ms", a_time, "0", "wait from the head to the first token",
     milliseconds<&Scenario::first_token_delay>},
    {"x-mock-gap-ms", a_time, "0", "wait between two tokens", milliseconds<&Scenario::gap>},
    {"x-mock-tokens", a_count, "16", "tokens of the text, or of each tool call's arguments",
     count<&Scenario::tokens, 0, million>},
    {"x-mock-tool-calls", "an integer from 0 to 100", "0", "call the request's tools, in turn, this many times",
     count<&Scenario::tool_calls, 0, 100>},
    {"x-mock-reasoning-tokens", a_count, "0",
     "OpenAI: hidden, in the usage only; Anthropic: a thinking block of as many tokens",
     count<&Scenario::reasoning_tokens, 0, million>},
    {"x-mock-cached-tokens", a_count, "0", "input tokens read from a cache, on top of the prompt's",
     count<&Scenario::cached_tokens, 0, million>},
    {"x-mock-cache-write-tokens", a_count, "0", "input tokens written to a cache, on top of the prompt's",
     count<&Scenario::cache_write_tokens, 0, million>},
    {"x-mock-refuse", a_flag, "off", "refuse: OpenAI's refusal text, Anthropic's stop reason", flag<&Scenario::refuse>},
    {"x-mock-status", "200 or an integer from 400 to 599", "200",
     "answer with this status and the provider's error body",
     [](Scenario& scenario, std::string_view text) {
         return text == "200" || count<&Scenario::status, 400, 599>(scenario, text);
     }},
    {"x-mock-retry-after", "seconds from 0 to 86400", "none", "add a retry-after header",
     count<&Scenario::retry_after_seconds, 0, 86'400>},
    {"x-mock-error-after", a_count, "none",
     "streams: the provider's error event after n tokens, then the end of the body",
     count<&Scenario::error_after, 0, million>},
    {"x-mock-error-status", "an integer from 400 to 599", "none",
     "the status whose error x-mock-error-after reports, instead of OpenAI's 500 and Anthropic's 529",
     count<&Scenario::error_status, 400, 599>},
    {"x-mock-cut-after", a_count, "none", "break the connection after n tokens, inside the body",
     count<&Scenario::cut_after, 0, million>},
    {"x-mock-cut", "fin or rst", "fin", "how x-mock-cut-after and x-mock-no-answer break the connection", cut},
    {"x-mock-no-answer", a_flag, "off", "break the connection in the place of a response head",
     flag<&Scenario::no_answer>},
    {"x-mock-no-done", a_flag, "off", "streams: leave out [DONE] or message_stop", flag<&Scenario::no_done>},
    {"x-mock-stall-after", a_count, "none", "pause once, after n tokens", count<&Scenario::stall_after, 0, million>},
    {"x-mock-stall-ms", a_time, "10000", "how long x-mock-stall-after pauses", milliseconds<&Scenario::stall>},
    {"x-mock-encoding", "identity, gzip, deflate, br or zstd", "identity",
     "content coding of the body, flushed after every event", coding},
}};

std::string wrong(const Field& field, std::string_view expected) {
    std::string problem(field.name);
    problem.append(": found \"").append(field.value).append("\", expected ").append(expected);
    return problem;
}

std::string unknown(const Field& field) {
    std::string problem(field.name);
    problem += ": found an unknown header, expected one of";
    for (const ScenarioHeader& header : headers) problem.append(" ").append(header.name);
    return problem;
}

}  // namespace

std::chrono::microseconds token_due(const Scenario& scenario, std::uint64_t index) noexcept {
    const bool stalled = scenario.stall_after && *scenario.stall_after <= index;
    return scenario.first_token_delay + scenario.gap * static_cast<std::int64_t>(index) +
           (stalled ? scenario.stall : std::chrono::microseconds(0));
}

std::chrono::microseconds end_due(const Scenario& scenario, std::uint64_t tokens) noexcept {
    // A stall after the last token is the only thing between it and the end.
    return token_due(scenario, tokens) - (tokens > 0 ? scenario.gap : std::chrono::microseconds(0));
}

std::span<const ScenarioHeader> scenario_headers() noexcept { return headers; }

std::variant<Scenario, std::string> parse_scenario(Fields fields) {
    Scenario scenario;
    std::array<bool, headers.size()> seen{};
    for (const Field& field : fields) {
        if (!iequals(field.name.substr(0, prefix.size()), prefix)) continue;
        const auto header = std::ranges::find_if(headers, [&](const auto& h) { return iequals(h.name, field.name); });
        if (header == headers.end()) return unknown(field);
        bool& again = seen[static_cast<std::size_t>(header - headers.begin())];
        if (again) return std::string(field.name) + ": found twice, expected once";
        again = true;
        if (!header->apply(scenario, field.value)) return wrong(field, header->values);
    }
    return scenario;
}

}  // namespace tokenweir::mock
