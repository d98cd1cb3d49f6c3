// What was said in a call, in the JSON of OTLP and of Zipkin: whole, however long it is.
#include <doctest/doctest.h>
#include <simdjson.h>

#include "tests/tracing/back_end.hpp"
#include "tests/tracing/full_call.hpp"
#include "tracing/export_format.hpp"

namespace tokenweir::tracing {
namespace {

LlmCall talking_call(const std::string& text) {
    LlmCall call = test::full_call();
    call.content->input_messages = R"([{"role":"user","parts":[{"type":"text","content":")" + text + R"("}]}])";
    return call;
}

std::string written(ExportFormat& format, const LlmCall& call) {
    Protobuf pieces;
    format.append(pieces, call);
    Payload payload;
    format.enclose(payload, pieces.bytes());
    return test::body_of(payload);
}

bool is_json(const std::string& text) {
    simdjson::dom::parser parser;
    return parser.parse(text).error() == simdjson::SUCCESS;
}

TEST_SUITE("content_json") {
    TEST_CASE("OTLP's log records have it as a structure") {
        const std::string body = written(*otlp_json(OtlpSignal::logs, {}), talking_call("hi"));
        CHECK(
            body.find(R"({"key":"gen_ai.input.messages","value":{"arrayValue":{"values":[)"
                      R"({"kvlistValue":{"values":[{"key":"role","value":{"stringValue":"user"}},)"
                      R"({"key":"parts","value":{"arrayValue":{"values":[{"kvlistValue":{"values":[)"
                      R"({"key":"type","value":{"stringValue":"text"}},{"key":"content","value":{"stringValue":"hi"}})"
                      R"(]}}]}}}]}}]}}})") != std::string::npos);
    }

    TEST_CASE("spans have it as a text") {
        for (const auto& format : {otlp_json(OtlpSignal::traces, {}), zipkin_json({})})
            CHECK(written(*format, talking_call("hi"))
                      .find(R"("[{\"role\":\"user\",\"parts\":[{\"type\":\"text\",\"content\":\"hi\"}]}]")") !=
                  std::string::npos);
    }

    TEST_CASE("it is not cut as other texts are") {
        const std::string text(5000, 'x');
        for (const auto& format :
             {otlp_json(OtlpSignal::traces, {}), otlp_json(OtlpSignal::logs, {}), zipkin_json({})}) {
            const std::string body = written(*format, talking_call(text));
            CHECK(is_json(body));
            CHECK(body.find(text) != std::string::npos);
        }
    }
}

}  // namespace
}  // namespace tokenweir::tracing
