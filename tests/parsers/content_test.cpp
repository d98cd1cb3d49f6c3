// What is recorded of what was said, and what is not: modes, limits, redaction, damage.
#include <doctest/doctest.h>
#include <simdjson.h>

#include "content.hpp"
#include "parsers/redaction.hpp"
#include "tests/support/split_feed.hpp"

using namespace tokenweir;
using namespace tokenweir::parsers;
using namespace tokenweir::test;

namespace {

std::string asking(const std::string& text) {
    return R"({"model":"m","messages":[{"role":"user","content":")" + text + R"("}]})";
}

std::string said(const std::string& part) { return R"([{"role":"user","parts":[)" + part + "]}]"; }

bool is_json(const std::string& text) {
    simdjson::dom::parser parser;
    return !text.empty() && parser.parse(text).error() == simdjson::SUCCESS;
}

const std::string answer = R"({"choices":[{"index":0,"delta":{"content":"Hello"},"finish_reason":"stop"}]})";

}  // namespace

TEST_SUITE("content") {
    TEST_CASE("nothing is recorded unless the route asks for it") {
        Told told = told_with(asking("Hi"), {answer});
        told.content = ContentCapture::off;
        CHECK_FALSE(observe(told).content);
    }

    TEST_CASE("metadata: who said how much of which kind, and whether it is the same as another time") {
        Told told = told_with(asking("Hi"), {answer});
        told.content = ContentCapture::metadata;
        const KeyedHash hash("secret");
        const CallContent content = content_of(told);
        CHECK(content.input_messages == said(R"({"type":"text","size":2,"hash":")" + hash("Hi") + R"("})"));
        CHECK(content.output_messages == R"([{"role":"assistant","parts":[{"type":"text","size":5,"hash":")" +
                                             hash("Hello") + R"("}],"finish_reason":"stop"}])");
        const std::string long_text(100'000, 'x');
        told.request = asking(long_text);
        CHECK(content_of(told).input_messages ==
              said(R"({"type":"text","size":100000,"hash":")" + hash(long_text) + R"("})"));
    }

    TEST_CASE("secrets and personal data are taken out, wherever they stand and however they are escaped") {
        Told told = told_with(
            R"({"messages":[{"role":"user","content":"I am ada\u0040mail.example"},
               {"role":"assistant","tool_calls":[{"id":"a","function":{"name":"pay",
                 "arguments":"{\"card\":4111111111111111,\"to\":\"bob\\u0040mail.example\"}"}}]}]})",
            {R"({"choices":[{"index":0,"delta":{"content":"It is sk-proj-01234567"}}]})",
             R"({"choices":[{"index":0,"delta":{"content":"89abcdef, keep it."}}]})"});
        const CallContent content = content_of(told);
        CHECK(content.input_messages ==
              R"([{"role":"user","parts":[{"type":"text","content":"I am [REDACTED:email]"}]},)"
              R"({"role":"assistant","parts":[{"type":"tool_call","id":"a","name":"pay",)"
              R"("arguments":{"card":"[REDACTED:card]","to":"[REDACTED:email]"}}]}])");
        CHECK(content.output_messages.find(R"("It is [REDACTED:key], keep it.")") != std::string::npos);
        CHECK(content.redactions == 4);
    }

    TEST_CASE("a long text is cut, and says so with its size") {
        Told told = told_with(asking("0123456789"));
        told.options.content.max_part_bytes = 10;
        CHECK(content_of(told).input_messages == said(R"({"type":"text","content":"0123456789"})"));
        told.options.content.max_part_bytes = 9;
        CHECK(content_of(told).input_messages ==
              said(R"({"type":"text","content":"012345678","truncated":true,"size":10,"hash":")" +
                   KeyedHash("secret")("0123456789") + R"("})"));
        CHECK(content_of(told).cut);
    }

    TEST_CASE("a cut leaves no half of a secret, an escape or a character behind") {
        for (std::size_t before = 0; before < 1200; before += 7) {
            Told told = told_with(
                asking(std::string(before, '.') + " sk-proj-0123456789abcdefghijklm " + std::string(3000, 'z')));
            told.options.content.max_part_bytes = 600;
            CHECK(content_of(told).input_messages.find("sk-p") == std::string::npos);
        }
        for (std::size_t before = 590; before < 620; ++before)
            for (const char* unit : {"\\ud83d\\ude00", "\\n", "\\u00e4", "ä", "😀", "\\\\"}) {
                std::string text(before, '.');
                for (int i = 0; i < 200; ++i) text += unit;
                Told told = told_with(asking(text));
                told.options.content.max_part_bytes = 200;
                const CallContent content = content_of(told);
                CHECK(is_json(content.input_messages));
                CHECK(content.input_messages.find("\xEF\xBF\xBD") == std::string::npos);
            }
    }

    TEST_CASE("a picture of megabytes leaves its hash, and memory for a word") {
        std::string base64;
        for (int i = 0; i < 300'000; ++i) base64 += "aGVs";  // "hel"
        const Told told = told_with(
            R"({"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,)" +
            base64 + R"("}}]}]})");
        Sha256 expected;
        for (int i = 0; i < 300'000; ++i) expected.add("hel");
        CHECK(content_of(told).input_messages ==
              said(R"({"type":"blob","modality":"image","mime_type":"image/png","size":900000,"sha256":")" +
                   to_hex(expected.finish()) + R"("})"));
        CHECK_FALSE(content_of(told).truncated());
    }

    TEST_CASE("of a conversation that is too long the last messages are kept, and the others counted") {
        std::string request = R"({"messages":[)";
        for (int i = 0; i < 100; ++i)
            request +=
                (i > 0 ? "," : "") + std::string(R"({"role":"user","content":"message )") + std::to_string(i) + "\"}";
        Told told = told_with(request + "]}");
        told.options.content.max_bytes = 1024;
        const CallContent content = content_of(told);
        CHECK(content.input_messages.find("message 99") != std::string::npos);
        CHECK(content.input_messages.find("message 0\"") == std::string::npos);
        CHECK(content.omitted > 60);
        CHECK(content.truncated());
        CHECK_FALSE(content.cut);
    }

    TEST_CASE("an answer that is too long is cut as a whole") {
        Told told = told_with(asking("Hi"));
        told.options.content.max_bytes = 1000;
        for (int i = 0; i < 100; ++i)
            told.pieces.push_back(R"(data: {"choices":[{"index":)" + std::to_string(i % 4) +
                                  R"(,"delta":{"content":")" + std::string(50, 'x') + "\"}}]}\n\n");
        const CallContent content = content_of(told);
        CHECK(is_json(content.output_messages));
        CHECK(content.output_messages.size() < 1700);
        CHECK(content.truncated());
        CHECK(content.cut);
    }

    TEST_CASE("what is said does not depend on how the bytes are cut") {
        Told told = told_with(asking("I am ada\\u0040mail.example \\ud83d\\ude00"), {answer});
        const CallContent whole = content_of(told);
        const std::string body = told.pieces[0];
        for (const auto& pieces : splits(body)) {
            told.pieces.assign(pieces.begin(), pieces.end());
            CHECK(content_of(told) == whole);
        }
    }

    TEST_CASE("damage leaves valid JSON, or nothing") {
        for (const char* request :
             {"", "{", "[]", R"({"messages":)", R"({"messages":[{"role":"user","content":"a)", "null",
              R"({"messages":"a"})", R"({"messages":[1,"a",[],null,{"role":7,"content":{}}]})",
              R"({"messages":[{"role":"user","content":"\x"}]})",
              R"({"messages":[{"role":"a","tool_calls":[{"function":{"arguments":"{]"}}]}]})",
              R"({"messages":[{"role":"a","content":[{"type":"image_url","image_url":7}]}]}}}})"}) {
            CAPTURE(request);
            const CallContent content =
                content_of(told_with(request, {"{", R"({"choices":[{"delta":{"content":"\q"}}]})"}));
            CHECK((content.input_messages.empty() || is_json(content.input_messages)));
            CHECK((content.output_messages.empty() || is_json(content.output_messages)));
        }
    }

    TEST_CASE("a route's content costs the others nothing: the tap is there only for it") {
        Told told = told_with(asking("Hi"), {answer});
        told.content = ContentCapture::off;
        LlmCall off = observe(told);
        told.content = ContentCapture::full;
        LlmCall full = observe(told);
        full.content.reset();
        CHECK(off == full);
    }
}
