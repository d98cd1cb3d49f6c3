// What was said in recorded traffic: always valid JSON, one message for each choice, and something in each that had
// output.
#include <doctest/doctest.h>
#include <simdjson.h>

#include <map>

#include "parsers/call_observer.hpp"
#include "tests/parsers/corpus.hpp"

using namespace tokenweir;
using namespace tokenweir::parsers;
using tokenweir::test::Interaction;

namespace {

namespace dom = simdjson::dom;

LlmCall replay(const Interaction& one, ContentCapture capture) {
    static const ObserverOptions options;
    LlmCall call;
    CallObserver observer(options, call, {}, {}, {});
    std::vector<Field> request, response;
    for (const auto& [name, value] : one.request_headers) request.push_back({name, value});
    for (const auto& [name, value] : one.response_headers) response.push_back({name, value});
    observer.request_head({one.method, one.target, one.target, request, ""},
                          {"r", "h", 443, one.expected.provider, capture});
    observer.request_piece(one.request_body);
    observer.request_end();
    observer.response_head({one.expected.status, response, {}});
    observer.response_piece(one.response_body, {});
    return observer.finish(EndCause::complete, one.expected.status, {});
}

/// How many elements the array has; nothing if it is not one.
std::optional<std::size_t> elements(const std::string& json) {
    dom::parser parser;
    dom::array array;
    if (json.empty()) return 0;
    if (parser.parse(json).get(array) != simdjson::SUCCESS) return std::nullopt;
    return array.size();
}

bool is_read(const LlmCall& call) {
    return call.generation && (call.api == "openai.chat_completions" || call.api == "anthropic.messages");
}

}  // namespace

TEST_CASE("corpus: what was said is valid JSON, and complete") {
    std::size_t conversations = 0, answers = 0;
    for (const Interaction& one : test::load_corpus()) {
        CAPTURE(one.id);
        for (const auto capture : {ContentCapture::metadata, ContentCapture::full}) {
            const LlmCall call = replay(one, capture);
            if (!is_read(call)) continue;
            REQUIRE(call.content);
            const CallContent& content = *call.content;
            for (const std::string* json : {&content.system_instructions, &content.input_messages,
                                            &content.output_messages, &content.tool_definitions})
                CHECK(elements(*json));
            const auto messages = call.settings.messages.value_or(0) - content.omitted;
            if (content.omitted == 0) CHECK(elements(content.input_messages) == static_cast<std::size_t>(messages));
            if (call.outcome != Outcome::ok) continue;
            CHECK(elements(content.output_messages) == std::max<std::size_t>(1, call.finish_reasons.size()));
            if (call.output_events > 0) CHECK(content.output_messages.find(R"("type":)") != std::string::npos);
            conversations += 1;
            answers += call.tool_calls > 0 ? 1 : 0;
            if (call.tool_calls > 0) CHECK(content.output_messages.find(R"("type":"tool_call")") != std::string::npos);
        }
    }
    MESSAGE(conversations, " answers, ", answers, " with tool calls");
}
