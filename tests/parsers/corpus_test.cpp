// Recorded traffic, replayed offline through the observer: what its record says against what an independent reader
// found.
#include <doctest/doctest.h>

#include <map>
#include <random>
#include <sstream>

#include "parsers/call_observer.hpp"
#include "tests/parsers/corpus.hpp"

using namespace tokenweir;
using namespace tokenweir::parsers;
using tokenweir::test::Interaction;

namespace {

const std::vector<Interaction>& corpus() {
    static const std::vector<Interaction> interactions = test::load_corpus();
    return interactions;
}

/// Says so when there is nothing to test with.
bool absent() {
    if (!corpus().empty()) return false;
    MESSAGE("skipped: there is no corpus beside the source tree");
    return true;
}

std::vector<Field> fields_of(const test::HeaderList& headers) {
    std::vector<Field> fields;
    for (const auto& [name, value] : headers) fields.push_back({name, value});
    return fields;
}

enum class Cut { whole, anywhere };

template <class Show>
void in_pieces(std::string_view bytes, Cut cut, std::mt19937& random, Show&& show) {
    if (cut == Cut::whole) return show(bytes);
    while (!bytes.empty()) {
        const std::size_t size = std::min(bytes.size(), std::size_t{1} + random() % 1500);
        show(bytes.substr(0, size));
        bytes.remove_prefix(size);
    }
}

LlmCall replay(const Interaction& one, Cut cut) {
    static const ObserverOptions options;
    std::mt19937 random(1);
    Instant now{std::chrono::seconds(1)};
    LlmCall call;
    CallObserver observer(options, call, {}, WallTime{}, now);
    const auto request_fields = fields_of(one.request_headers);
    auto response_headers = one.response_headers;
    if (!one.stream_response) response_headers.emplace_back("content-length", std::to_string(one.response_body.size()));
    const auto response_fields = fields_of(response_headers);
    observer.request_head({one.method, one.target, one.target, request_fields, "127.0.0.1"},
                          {"route", "upstream.test", 443, one.expected.provider});
    in_pieces(one.request_body, cut, random, [&](std::string_view piece) { observer.request_piece(piece); });
    observer.request_end();
    observer.response_head({one.expected.status, response_fields, now});
    if (one.method != "HEAD")
        in_pieces(one.response_body, cut, random,
                  [&](std::string_view piece) { observer.response_piece(piece, now += std::chrono::milliseconds(1)); });
    return observer.finish(EndCause::complete, one.expected.status, now);
}

/// Collects what differs, one line each.
class Differences {
public:
    explicit Differences(const Interaction& one) : id_(one.id) {}

    template <class T>
    void compare(const char* key, const T& expected, const T& got) {
        if (expected == got) return;
        out_ << id_ << "  " << key << ": expected " << show(expected) << ", got " << show(got) << '\n';
    }

    std::string text() const { return out_.str(); }

private:
    static std::string show(const std::string& text) { return '"' + text + '"'; }
    static std::string show(const std::optional<std::int64_t>& count) {
        return count ? std::to_string(*count) : "nothing";
    }
    static std::string show(const std::vector<std::string>& list) {
        std::string all;
        for (const std::string& text : list) all += show(text);
        return '[' + all + ']';
    }
    template <class T>
    static std::string show(const T& value) {
        return std::to_string(value);
    }

    std::string id_;
    std::ostringstream out_;
};

std::string differences(const Interaction& one, const LlmCall& got) {
    const test::Expected& e = one.expected;
    Differences found(one);
    found.compare("provider", e.provider, got.provider);
    found.compare("api", e.api, std::string(got.api));
    if (e.stream_asked) found.compare("stream", *e.stream_asked, got.settings.stream.value_or(false));
    found.compare("operation", e.operation, got.operation);
    if (!e.request_model.empty()) found.compare("request_model", e.request_model, got.request_model);
    found.compare("response_model", e.response_model, got.response_model);
    found.compare("response_id", e.response_id, got.response_id);
    found.compare("streamed", e.streamed, got.response_streamed);
    found.compare("input", e.input, got.usage.input);
    found.compare("output", e.output, got.usage.output);
    found.compare("cache_read", e.cache_read, got.usage.cache_read);
    found.compare("cache_creation", e.cache_creation, got.usage.cache_creation);
    found.compare("reasoning", e.reasoning, got.usage.reasoning);
    found.compare("finish_reasons", e.finish_reasons, got.finish_reasons);
    found.compare("tool_calls", e.tool_calls, got.tool_calls);
    found.compare("server_tool_calls", e.server_tool_calls, got.server_tool_calls);
    found.compare("status", e.status, got.status.value_or(0));
    found.compare("error_type", e.error_type, got.provider_error_type);
    found.compare("error_code", e.error_code, got.provider_error_code);
    if (e.streamed) {
        const auto kind = got.first_token_kind;
        found.compare("first_token", e.first_token_kind, kind ? std::string(name_of(*kind)) : std::string());
    }
    found.compare("outcome", e.outcome, std::string(name_of(got.outcome)));
    return found.text();
}

bool has_reader(const Interaction& one) {
    return one.expected.api == "openai.chat_completions" || one.expected.api == "anthropic.messages";
}

}  // namespace

TEST_SUITE("corpus") {
    TEST_CASE("records of recorded chat completions and messages say what the bytes say") {
        if (absent()) return;
        for (const Cut cut : {Cut::whole, Cut::anywhere}) {
            std::string wrong;
            for (const Interaction& one : corpus())
                if (has_reader(one)) wrong += differences(one, replay(one, cut));
            CHECK_MESSAGE(wrong.empty(), wrong);
        }
    }

    TEST_CASE("the record does not depend on how the bytes are cut") {
        if (absent()) return;
        for (const Interaction& one : corpus()) {
            LlmCall whole = replay(one, Cut::whole);
            LlmCall cut = replay(one, Cut::anywhere);
            whole.timings = cut.timings = {};
            whole.gaps = cut.gaps = {};
            CHECK_MESSAGE(whole == cut, one.id);
        }
    }

    TEST_CASE("every recorded request is classified") {
        if (absent()) return;
        std::string wrong;
        for (const Interaction& one : corpus()) {
            const LlmCall got = replay(one, Cut::whole);
            if (got.api != one.expected.api || got.operation != one.expected.operation)
                wrong += one.id + "  " + one.method + ' ' + one.target + ": expected " + one.expected.api + ' ' +
                         one.expected.operation + ", got " + std::string(got.api) + ' ' + got.operation + '\n';
        }
        CHECK_MESSAGE(wrong.empty(), wrong);
    }
}
