// Runs the guard over a corpus of HTTP cases with their acceptable outcomes, when the checkout has one beside it.
#include <doctest/doctest.h>
#include <simdjson.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "proxy/body_scanner.hpp"
#include "proxy/http_head.hpp"

using namespace tokenweir::proxy;
using simdjson::dom::element;

namespace {

const std::filesystem::path corpus = std::filesystem::path(TOKENWEIR_SOURCE_DIR) / "../shared/http/cases.jsonl";

std::string decode_base64(std::string_view text) {
    constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string bytes;
    unsigned bits = 0;
    int held = 0;
    for (const char c : text) {
        const auto value = alphabet.find(c);
        if (value == std::string_view::npos) break;
        bits = bits << 6 | static_cast<unsigned>(value);
        if ((held += 6) >= 8) bytes.push_back(static_cast<char>(bits >> (held -= 8) & 0xff));
    }
    return bytes;
}

enum class Verdict { accepted, refused, waits };

struct Outcome {
    Verdict verdict;
    int status = 0;
    std::string_view reason;
};

Outcome refused(const Refusal& refusal) { return {Verdict::refused, refusal.status, refusal.reason}; }

Outcome judge_body(Framing framing, std::string_view rest, int status_of_refusal) {
    BodyScanner body(framing);
    const auto result = body.scan(rest);
    if (result.error) return {Verdict::refused, status_of_refusal, result.error};
    if (result.done || framing.kind == Framing::Kind::until_close) return {Verdict::accepted, 0, {}};
    return {Verdict::waits, 0, {}};
}

Outcome judge_request(std::string_view bytes) {
    std::size_t resume = 0;
    const auto scan = scan_request_head(bytes, {}, resume);
    if (scan.state == HeadScan::State::refused) return refused(scan.refusal);
    if (scan.state == HeadScan::State::need_more) return {Verdict::waits, 0, {}};
    RequestHead head;
    if (auto refusal = parse_request_head(bytes.substr(scan.begin, scan.end - scan.begin), {}, head))
        return refused(*refusal);
    return judge_body(head.framing, bytes.substr(scan.end), 400);
}

Outcome judge_response(std::string_view bytes, std::string_view method) {
    while (true) {
        std::size_t resume = 0;
        const auto scan = scan_response_head(bytes, {}, resume);
        if (scan.state == HeadScan::State::refused) return refused(scan.refusal);
        if (scan.state == HeadScan::State::need_more) return {Verdict::waits, 0, {}};
        ResponseHead head;
        if (auto refusal = parse_response_head(bytes.substr(0, scan.end), {}, method, head)) return refused(*refusal);
        bytes.remove_prefix(scan.end);
        if (head.status == 101) return {Verdict::refused, 502, "nobody asked to switch protocols"};
        if (head.status >= 200) return judge_body(head.framing, bytes, 502);
    }
}

/// Whether one of the outcomes that the corpus allows is this one.
bool allows(element test_case, Verdict verdict) {
    for (element alternative : test_case["any"].get_array()) {
        for (element status : alternative["status"].get_array()) {
            const std::string_view word = status.is_string() ? status.get_string().value() : "";
            const std::int64_t number = status.is_int64() ? status.get_int64().value() : 0;
            const bool failure = word == "4xx" || word == "5xx" || number >= 400;
            const bool success = word == "2xx" || (number >= 200 && number < 600);
            if (verdict == Verdict::accepted && success) return true;
            if (verdict == Verdict::refused && failure) return true;
            if (verdict == Verdict::waits && (word == "timeout" || failure || success)) return true;
        }
    }
    return false;
}

std::string upstream_bytes(element test_case) {
    std::string bytes;
    for (element step : test_case["upstream"].at(0).get_array()) {
        if (step["send"].error() == simdjson::SUCCESS) bytes += decode_base64(step["send"].get_string().value());
    }
    return bytes;
}

bool is_judged_here(std::string_view group) {
    constexpr std::string_view groups[] = {
        "request-line", "field-line", "host",   "content-length", "transfer-encoding",
        "chunked",      "hop-by-hop", "expect", "valid",          "response"};
    return std::find(std::begin(groups), std::end(groups), group) != std::end(groups);
}

}  // namespace

TEST_SUITE("conformance_cases") {
    TEST_CASE("the guard's verdict on every case of the corpus is one that the corpus allows") {
        if (!std::filesystem::exists(corpus)) {
            MESSAGE("skipped: there is no corpus beside this checkout");
            return;
        }
        simdjson::dom::parser parser;
        std::size_t judged = 0;
        simdjson::dom::document_stream cases;
        const auto text = simdjson::padded_string::load(corpus.string()).value();
        REQUIRE(parser.parse_many(text, 8 << 20).get(cases) == simdjson::SUCCESS);
        for (element test_case : cases) {
            const std::string group(test_case["group"].get_string().value());
            const std::string level(test_case["level"].get_string().value());
            const std::string name(test_case["name"].get_string().value());
            if (level == "info" || !is_judged_here(group)) continue;
            Outcome outcome{};
            if (group == "response") {
                if (test_case["upstream"].error() || test_case["methods"].at(0).error()) continue;
                const std::string bytes = upstream_bytes(test_case);
                if (bytes.empty()) continue;
                outcome = judge_response(bytes, test_case["methods"].at(0).get_string().value());
            } else {
                if (test_case["steps"].error() == simdjson::SUCCESS || test_case["raw_b64"].error()) continue;
                outcome = judge_request(decode_base64(test_case["raw_b64"].get_string().value()));
            }
            CAPTURE(group);
            CAPTURE(level);
            CAPTURE(name);
            CAPTURE(outcome.status);
            CAPTURE(outcome.reason);
            CHECK(allows(test_case, outcome.verdict));
            element wanted;
            if (outcome.verdict == Verdict::refused && test_case["want_status"].get(wanted) == simdjson::SUCCESS &&
                wanted.is_array()) {
                const auto list = wanted.get_array().value();
                CHECK(std::any_of(list.begin(), list.end(),
                                  [&](element status) { return status.get_int64() == outcome.status; }));
            }
            ++judged;
        }
        MESSAGE(judged, " cases judged");
    }
}
