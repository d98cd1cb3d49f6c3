#include "parsers/json_document.hpp"

#include <doctest/doctest.h>

#include <string>
#include <thread>
#include <vector>

using namespace tokenweir::parsers;

namespace {

/// Walks through everything; counts the scalars.
std::size_t walk(const JsonValue& value) {
    std::size_t scalars = !value.is_object() && !value.is_array() ? 1 : 0;
    for (auto member = value.members(); member.next();) scalars += walk(member.value());
    for (auto element = value.elements(); element.next();) scalars += walk(element.value());
    return scalars;
}

struct Walked {
    std::size_t scalars = 0;
    bool damaged = false;

    bool operator==(const Walked&) const = default;
};

Walked walk(std::string_view text) {
    JsonDocument document(text);
    Walked walked;
    for (auto member = document.members(); member.next();) walked.scalars += walk(member.value());
    for (auto element = document.elements(); element.next();) walked.scalars += walk(element.value());
    walked.damaged = document.damaged();
    return walked;
}

/// A copy of exactly its size: a sanitizer sees what is read behind it.
std::vector<char> exactly(std::string_view text) { return {text.begin(), text.end()}; }

std::string_view view(const std::vector<char>& text) { return {text.data(), text.size()}; }

constexpr std::size_t two_blocks = 130;  // and a little: of the reader's 64 bytes

}  // namespace

TEST_SUITE("json_document") {
    TEST_CASE("gives members and elements in order however little of them is read") {
        JsonDocument document(R"({"a": {"deep": [1, {"x": 2}]}, "b" : [3 , "four", null], "c": "five" })");
        std::vector<std::string> seen;
        for (auto member = document.members(); member.next();) {
            seen.emplace_back(member.key());
            if (member.key() != "b") continue;
            for (auto element = member.value().elements(); element.next();) seen.push_back(element.value().as_text());
        }
        CHECK(seen == std::vector<std::string>{"a", "b", "3", "four", "", "c"});
        CHECK_FALSE(document.damaged());
    }

    TEST_CASE("reads scalars as what they are") {
        JsonDocument document(
            R"([12, 3.0, 2e2, -1, 1e300, 9007199254740992, 9007199254740993, true, null, "t\u00e9xt", "", "7", {}])");
        std::vector<std::optional<std::int64_t>> counts;
        std::vector<std::string> texts;
        for (auto element = document.elements(); element.next();) {
            counts.push_back(element.value().count());
            texts.push_back(element.value().as_text());
        }
        using Counts = std::vector<std::optional<std::int64_t>>;
        CHECK(counts == Counts{12, 3, 200, {}, {}, JsonValue::max_count, {}, {}, {}, {}, {}, {}, {}});
        CHECK(texts == std::vector<std::string>{"12", "3.0", "2e2", "-1", "1e300", "9007199254740992",
                                                "9007199254740993", "true", "", "t\xC3\xA9xt", "", "7", ""});
    }

    TEST_CASE("tells where a string's inside stands") {
        constexpr std::string_view text = R"( {"k" :  "in\"side"  , "l":""})";
        JsonDocument document(text);
        auto member = document.members();
        REQUIRE(member.next());
        CHECK(member.value().raw_string() == R"(in\"side)");
        CHECK(document.offset_of(member.value().raw_string()) == text.find("in"));
        CHECK(member.value().has_text());
        REQUIRE(member.next());
        CHECK_FALSE(member.value().has_text());
    }

    TEST_CASE("a string ends at its own quote wherever that stands") {
        for (std::size_t size = 0; size < two_blocks; ++size) {
            CAPTURE(size);
            const std::string inside = std::string(size, 'x') + R"(\"]}\\)";
            const auto text = exactly(R"({")" + inside + R"(": ")" + inside + R"(","z" :1})");
            JsonDocument document(view(text));
            auto member = document.members();
            REQUIRE(member.next());
            CHECK(member.key() == inside);
            CHECK(member.value().raw_string() == inside);
            REQUIRE(member.next());
            CHECK(member.value().count() == 1);
            CHECK_FALSE(member.next());
            CHECK_FALSE(document.damaged());
        }
    }

    TEST_CASE("passes over a container that is not read or only begun") {
        for (std::size_t size = 0; size < two_blocks; ++size) {
            CAPTURE(size);
            const std::string inner = R"([{"b]":"}\"","c":[]}, [[7],{}],")" + std::string(size, '[') + R"("])";
            const auto text = exactly(R"({"a":)" + inner + R"( ,"d":)" + inner + R"(,"e":5})");
            JsonDocument document(view(text));
            auto member = document.members();
            REQUIRE(member.next());
            CHECK(member.value().raw() == inner);
            REQUIRE(member.next());
            auto element = member.value().elements();
            REQUIRE(element.next());
            auto begun = element.value().members();
            REQUIRE(begun.next());
            REQUIRE(member.next());
            CHECK(member.value().count() == 5);
            CHECK_FALSE(member.next());
            CHECK_FALSE(document.damaged());
        }
    }

    TEST_CASE("a control byte in a string damages all of the text: elsewhere it may be white space") {
        for (std::size_t size = 0; size < two_blocks; ++size) {
            CAPTURE(size);
            const std::string before = R"({"a":"b",)" + std::string(size, '\n') + R"("c":[)";
            CHECK(walk(view(exactly(before + "\"d\"\t]}"))) == Walked{2, false});
            CHECK(walk(view(exactly(before + "\"d\t\"]}"))) == Walked{0, true});
        }
    }

    TEST_CASE("what was read before the damage stays read") {
        for (const std::string_view text : {R"({"a":1,"b" 2})", R"({"a":1,"b":})", R"({"a":1,,})", R"([1,\n])"}) {
            CAPTURE(text);
            CHECK(walk(text) == Walked{1, true});
        }
        CHECK(walk(R"({"a":1,"b":"c})") == Walked{0, true});
        CHECK(walk(R"({"a":1,"b":2)") == Walked{0, true});
    }

    TEST_CASE("leaves a text alone that would be overwritten with nothing") {
        JsonDocument document(R"({"a":"","b":null,"c":7,"d":"\x"})");
        std::string kept = "kept";
        for (auto member = document.members(); member.next();) member.value().assign_to(kept);
        CHECK(kept == "kept");
    }

    TEST_CASE("notices every text that ends early") {
        constexpr std::string_view text = R"({"a":{"b":[1,2,{"c":"d"}]},"e":[[],{}],"f":"g"})";
        CHECK(walk(text) == Walked{4, false});
        for (std::size_t size = 0; size < text.size(); ++size) {
            CAPTURE(size);
            const std::string exact(text.substr(0, size));
            CHECK(walk(exact).damaged);
        }
    }

    TEST_CASE("notices what is no JSON") {
        for (const std::string_view text :
             {"", "   ", "{", "}", "{]", "[}", R"({"a" 1})", R"({"a":1 "b":2})", "[1 2]", R"({"a":[1}])", R"({"a)",
              "{\"a\":\"\x01\"}", R"({"a":{"b":1})", "<html>", R"([1"2"])", R"({"a":tr"ue"})"}) {
            CAPTURE(text);
            CHECK(walk(text).damaged);
        }
    }

    TEST_CASE("notices what stands behind the end, whatever it is") {
        for (const std::string_view text : {"[1]]", "[1][2]", "[1] x ]", "[[1],[]]]", "[1]\n[2]"}) {
            CAPTURE(text);
            CHECK(walk(text).damaged);
        }
        JsonDocument document(R"({"a":1}{"b":2})");
        auto member = document.members();
        CHECK(member.next());
        CHECK_FALSE(member.next());
        CHECK(document.damaged());
        CHECK_FALSE(document.members().next());
    }

    TEST_CASE("the first text that a thread sees may be empty") {
        bool damaged = false;
        std::thread([&] { damaged = walk("").damaged; }).join();
        CHECK(damaged);
    }

    TEST_CASE("gives nothing from the other kind of container") {
        JsonDocument array("[1]");
        CHECK_FALSE(array.members().next());
        CHECK_FALSE(array.damaged());
    }

    TEST_CASE("bytes that are not UTF-8 do not stop it") {
        CHECK(walk("{\"a\":\"\xC3\",\"b\":\"\xFF\"}") == Walked{2, false});
    }

    TEST_CASE("deep nesting is damage or is read and never more than that") {
        for (const std::size_t depth : {500U, 5000U}) {
            const std::string text = std::string(depth, '[') + std::string(depth, ']');
            JsonDocument document(text);
            for (auto element = document.elements(); element.next();) CHECK(element.value().is_array());
        }
    }

    TEST_CASE("a large text is read and its memory let go") {
        const std::string large = R"({"a":")" + std::string(std::size_t{1} << 20, 'x') + R"(","b":1})";
        CHECK(walk(large) == Walked{2, false});
        CHECK(walk(R"({"a":1})") == Walked{1, false});
    }
}
