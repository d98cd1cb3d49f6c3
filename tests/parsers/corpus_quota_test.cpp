// Every spelling of a rate-limit header in recorded traffic, against a naive reader that knows each by its whole name.
#include <doctest/doctest.h>

#include <cstdlib>
#include <ctime>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "parsers/quota.hpp"
#include "tests/parsers/corpus.hpp"

using namespace tokenweir;
using tokenweir::test::Interaction;

namespace {

struct Spelling {
    Quota Quotas::*resource;
    std::optional<double> Quota::*part;
    int window;  ///< seconds; 0: none named. The smallest one counts
};

constexpr int second = 1, minute = 60, hour = 3600, day = 86400, month = 30 * day;
constexpr auto requests = &Quotas::requests;
constexpr auto tokens = &Quotas::tokens;
constexpr auto input = &Quotas::input_tokens;
constexpr auto output = &Quotas::output_tokens;
constexpr auto limit = &Quota::limit;
constexpr auto remaining = &Quota::remaining;
constexpr auto reset = &Quota::reset_seconds;

const std::map<std::string, Spelling> recorded{
    {"anthropic-ratelimit-input-tokens-limit", {input, limit, 0}},
    {"anthropic-ratelimit-input-tokens-remaining", {input, remaining, 0}},
    {"anthropic-ratelimit-input-tokens-reset", {input, reset, 0}},
    {"anthropic-ratelimit-output-tokens-limit", {output, limit, 0}},
    {"anthropic-ratelimit-output-tokens-remaining", {output, remaining, 0}},
    {"anthropic-ratelimit-output-tokens-reset", {output, reset, 0}},
    {"anthropic-ratelimit-requests-limit", {requests, limit, 0}},
    {"anthropic-ratelimit-requests-remaining", {requests, remaining, 0}},
    {"anthropic-ratelimit-requests-reset", {requests, reset, 0}},
    {"anthropic-ratelimit-tokens-limit", {tokens, limit, 0}},
    {"anthropic-ratelimit-tokens-remaining", {tokens, remaining, 0}},
    {"anthropic-ratelimit-tokens-reset", {tokens, reset, 0}},
    {"ratelimit-limit", {requests, limit, 0}},
    {"ratelimit-remaining", {requests, remaining, 0}},
    {"ratelimit-reset", {requests, reset, 0}},
    {"ratelimitbysize-limit", {tokens, limit, 0}},
    {"ratelimitbysize-remaining", {tokens, remaining, 0}},
    {"ratelimitbysize-reset", {tokens, reset, 0}},
    {"x-endpoint-monthly-call-limit", {requests, limit, month}},
    {"x-ratelimit-limit", {requests, limit, 0}},
    {"x-ratelimit-limit-minute", {requests, limit, minute}},
    {"x-ratelimit-limit-req-10-second", {requests, limit, 10 * second}},
    {"x-ratelimit-limit-req-minute", {requests, limit, minute}},
    {"x-ratelimit-limit-requests", {requests, limit, 0}},
    {"x-ratelimit-limit-tokens", {tokens, limit, 0}},
    {"x-ratelimit-limit-tokens-minute", {tokens, limit, minute}},
    {"x-ratelimit-limit-tokens-month", {tokens, limit, month}},
    {"x-ratelimit-remaining", {requests, remaining, 0}},
    {"x-ratelimit-remaining-minute", {requests, remaining, minute}},
    {"x-ratelimit-remaining-req-10-second", {requests, remaining, 10 * second}},
    {"x-ratelimit-remaining-req-minute", {requests, remaining, minute}},
    {"x-ratelimit-remaining-requests", {requests, remaining, 0}},
    {"x-ratelimit-remaining-requests-day", {requests, remaining, day}},
    {"x-ratelimit-remaining-requests-hour", {requests, remaining, hour}},
    {"x-ratelimit-remaining-requests-minute", {requests, remaining, minute}},
    {"x-ratelimit-remaining-tokens", {tokens, remaining, 0}},
    {"x-ratelimit-remaining-tokens-day", {tokens, remaining, day}},
    {"x-ratelimit-remaining-tokens-hour", {tokens, remaining, hour}},
    {"x-ratelimit-remaining-tokens-minute", {tokens, remaining, minute}},
    {"x-ratelimit-remaining-tokens-month", {tokens, remaining, month}},
    {"x-ratelimit-reset", {requests, reset, 0}},
    {"x-ratelimit-reset-requests", {requests, reset, 0}},
    {"x-ratelimit-reset-tokens", {tokens, reset, 0}},
    {"x-ratelimitbysize-limit-minute", {tokens, limit, minute}},
    {"x-ratelimitbysize-limit-month", {tokens, limit, month}},
    {"x-ratelimitbysize-remaining-minute", {tokens, remaining, minute}},
    {"x-ratelimitbysize-remaining-month", {tokens, remaining, month}},
    {"x-trial-endpoint-call-limit", {requests, limit, minute}},
    {"x-trial-endpoint-call-remaining", {requests, remaining, minute}},
};

/// Of other resources, or no quotas at all; the structured ones are read by `expected`.
const std::set<std::string> other{
    "ratelimit",
    "ratelimit-policy",
    "ratelimitbysize-query-cost",
    "retry-after",
    "x-ratelimit",
    "x-ratelimit-abusepenalty-active",
    "x-ratelimit-limit-input-images",
    "x-ratelimit-remaining-input-images",
    "x-ratelimit-renewalperiod-requests",
    "x-ratelimit-renewalperiod-tokens",
    "x-ratelimit-reset-input-images",
    "x-ratelimit-tokens-query-cost",
    "x-should-retry",
};

std::string lower(std::string text) {
    for (char& c : text) c = ascii_lower(c);
    return text;
}

bool looks_like_a_limit(const std::string& name) {
    for (const char* word : {"limit", "retry", "quota", "reset", "remaining"})
        if (name.find(word) != std::string::npos) return true;
    return false;
}

/// The dates of the recordings lie in the past: seen from here they lie ahead.
const std::time_t now = 1'700'000'000;

double seconds(const std::string& text) {
    std::tm date{};
    if (strptime(text.c_str(), "%Y-%m-%dT%H:%M:%SZ", &date) != nullptr) return static_cast<double>(timegm(&date) - now);
    double sum = 0;
    for (const char* at = text.c_str(); *at != '\0';) {
        char* end = nullptr;
        const double number = std::strtod(at, &end);
        std::size_t letters = 0;
        while (end[letters] >= 'a' && end[letters] <= 'z') ++letters;
        const std::string name(end, letters);
        sum += name == "ms" ? number / 1000 : number * (name == "m" ? 60 : name == "h" ? 3600 : 1);
        at = end + letters;
    }
    return sum;
}

Quotas read(Fields fields) {
    Quotas quotas;
    parsers::read_quotas(fields, WallTime(std::chrono::seconds(now)), quotas);
    return quotas;
}

Quotas expected(const Interaction& one) {
    Quotas quotas;
    for (const auto resource : {requests, tokens, input, output}) {
        std::map<int, Quota> windows;
        for (const auto& [name, value] : one.response_headers) {
            const auto found = recorded.find(lower(name));
            if (found == recorded.end() || found->second.resource != resource) continue;
            auto& place = windows[found->second.window].*found->second.part;
            if (!place) place = found->second.part == reset ? seconds(value) : std::strtod(value.c_str(), nullptr);
        }
        if (!windows.empty()) quotas.*resource = windows.begin()->second;
    }
    for (const auto& [name, value] : one.response_headers) {
        if (lower(name) == "retry-after") quotas.retry_after_seconds = seconds(value);
        if (lower(name) == "ratelimit") {  // "api";r=999;t=295
            quotas.requests.remaining = std::strtod(value.c_str() + value.find("r=") + 2, nullptr);
            quotas.requests.reset_seconds = std::strtod(value.c_str() + value.find("t=") + 2, nullptr);
        }
        if (lower(name) == "ratelimit-policy")
            quotas.requests.limit = std::strtod(value.c_str() + value.find("q=") + 2, nullptr);
    }
    return quotas;
}

}  // namespace

TEST_SUITE("corpus") {
    TEST_CASE("the quotas of recorded responses are those that their headers say") {
        const std::vector<Interaction> corpus = test::load_corpus();
        if (corpus.empty()) {
            MESSAGE("skipped: there is no corpus beside the source tree");
            return;
        }
        std::set<std::string> unknown;
        std::size_t with_quotas = 0;
        std::string wrong;
        for (const Interaction& one : corpus) {
            std::vector<Field> fields;
            for (const auto& [name, value] : one.response_headers) {
                fields.push_back({name, value});
                const std::string spelling = lower(name);
                if (looks_like_a_limit(spelling) && !recorded.contains(spelling) && !other.contains(spelling))
                    unknown.insert(spelling);
            }
            const Quotas quotas = read(fields);
            if (quotas != Quotas{}) ++with_quotas;
            if (quotas != expected(one)) wrong += one.id + "\n";
        }
        CHECK_MESSAGE(wrong.empty(), wrong);
        CHECK(unknown == std::set<std::string>{});
        CHECK(with_quotas > 300);
    }
}
