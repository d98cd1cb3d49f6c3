#include "parsers/shape_memo.hpp"

#include <doctest/doctest.h>

#include <string>

#include "parsers/openai_chat.hpp"

using namespace tokenweir;
using namespace tokenweir::parsers;

namespace {

constexpr std::string_view event =
    R"({"id":"c","choices":[{"index":0,"delta":{"content":"one"},"finish_reason":null}],"obfuscation":"ab"})";

/// Holes for the insides of the strings that stand behind these keys.
Holes holes_of(std::string_view data) {
    Holes holes;
    const auto add = [&](std::string_view before, bool may_be_empty) {
        const auto at = data.find(before) + before.size();
        holes.add(at, data.find('"', at) - at, may_be_empty);
    };
    add(R"("content":")", false);
    add(R"("obfuscation":")", true);
    return holes;
}

ShapeMemo learned() {
    ShapeMemo memo;
    REQUIRE(memo.learn("", event, holes_of(event), OutputKind::text));
    return memo;
}

std::string with(std::string_view content, std::string_view padding) {
    return R"({"id":"c","choices":[{"index":0,"delta":{"content":")" + std::string(content) +
           R"("},"finish_reason":null}],"obfuscation":")" + std::string(padding) + R"("})";
}

}  // namespace

TEST_SUITE("shape_memo") {
    TEST_CASE("knows an event that differs in its holes alone") {
        const ShapeMemo memo = learned();
        struct Row {
            const char* content;
            const char* padding;
            bool known;
        };
        const Row rows[] = {
            {"one", "ab", true},
            {"two and more", "", true},
            {R"(a \"quoted\" word)", "x", true},
            {R"(\\)", R"(\\\\)", true},
            {R"(\u00e4\ud83d)", "x", true},
            {"\xC3\xA4", "x", true},
            {"", "ab", false},      // no output
            {R"(\)", "ab", false},  // the quote is escaped: the string ends elsewhere
            {R"(a","content":"b)", "x", false},
            {R"(\x)", "x", false},  // no such escape
            {R"(\u00e)", "x", false},
            {"line\nend", "x", false},  // not a JSON string
            {"one", R"(x","usage":{})", false},
        };
        for (const Row& row : rows) {
            CAPTURE(row.content);
            CAPTURE(row.padding);
            CHECK(memo.matches("", with(row.content, row.padding)) == row.known);
        }
        CHECK_FALSE(memo.matches("error", event));
        CHECK_FALSE(memo.matches("", event.substr(0, event.size() - 1)));
        CHECK_FALSE(memo.matches("", std::string(event) + " x"));
        CHECK_FALSE(ShapeMemo().matches("", ""));
    }

    TEST_CASE("spaces in the closing punctuation may come and go") {
        constexpr std::string_view data = R"({"delta":{"text":"a"}  })";
        Holes holes;
        holes.add(data.find('a', 12), 1, false);
        ShapeMemo memo;
        REQUIRE(memo.learn("", data, holes, OutputKind::text));
        CHECK(memo.matches("", R"({"delta":{"text":"b"}})"));
        CHECK(memo.matches("", R"({"delta":{"text":"b"}     } )"));
        CHECK_FALSE(memo.matches("", R"({"delta":{"text":"b"}}})"));
        CHECK_FALSE(memo.matches("", R"({"delta":{"text":"b" x}})"));
        CHECK_FALSE(learned().matches(
            "",
            R"({"id":"c","choices":[{"index":0,"delta":{"content":"one"},"finish_reason":null}], "obfuscation":"ab"})"));
    }

    TEST_CASE("learns up to its limit and nothing beyond") {
        for (const std::size_t over : {0U, 1U}) {
            std::string data = R"({"t":"x","pad":")";
            data += std::string(ShapeMemo::max_bytes + 1 + over - data.size() - 2, 'p') + "\"}";
            Holes holes;
            holes.add(6, 1, false);
            ShapeMemo memo;
            CHECK(memo.learn("", data, holes, OutputKind::text) == (over == 0));
            CHECK(memo.matches("", data) == (over == 0));
        }
    }

    TEST_CASE("holes that overlap or are too many or hold facts make an event not plain") {
        Holes holes;
        CHECK_FALSE(holes.plain());
        for (std::size_t i = 0; i < Holes::max; ++i) holes.add(i * 10, 5, false);
        CHECK(holes.plain());
        holes.add(100, 5, false);
        CHECK_FALSE(holes.plain());

        Holes backwards;
        backwards.add(10, 5, false);
        backwards.add(0, 5, false);
        CHECK_FALSE(backwards.plain());

        Holes spoilt;
        spoilt.add(10, 5, false);
        spoilt.spoil();
        CHECK_FALSE(spoilt.plain());
    }

    TEST_CASE("whatever byte is changed: what the memo knows reads as the same kind of output and nothing else") {
        const ShapeMemo memo = learned();
        int known = 0;
        for (std::size_t i = 0; i < event.size(); ++i)
            for (int byte = 0; byte < 256; ++byte) {
                std::string changed(event);
                changed[i] = static_cast<char>(byte);
                if (!memo.matches("", changed)) continue;
                ++known;
                OpenAiChat reader;
                LlmCall call;
                const EventReading reading = reader.read_event({"", changed}, call);
                CHECK(reading.readable);
                CHECK(reading.output == OutputKind::text);
                CHECK(reading.holes.plain());
                CHECK(call.response_id == "c");
                CHECK_FALSE(reader.complete());
            }
        CHECK(known > 256);
    }

    TEST_CASE("two shapes live side by side and a call that has too many learns no more") {
        ShapeMemos memos;
        const auto shape = [](int i) { return R"({"id":)" + std::to_string(i) + R"(,"t":"x"})"; };
        const auto learn = [&](int i) {
            const std::string data = shape(i);
            Holes holes;
            holes.add(data.find('x'), 1, false);
            memos.learn("", data, holes, i % 2 == 0 ? OutputKind::text : OutputKind::reasoning);
        };
        learn(0);
        learn(1);
        for (int round = 0; round < 3; ++round)
            for (int i = 0; i < 2; ++i)
                CHECK(memos.recall("", shape(i)) == (i == 0 ? OutputKind::text : OutputKind::reasoning));
        for (int i = 2; i < 100; ++i) learn(i);
        CHECK_FALSE(memos.recall("", shape(99)));
    }
}
