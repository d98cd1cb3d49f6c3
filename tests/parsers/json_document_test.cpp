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
              "{\"a\":\"\x01\"}", R"({"a":{"b":1})", "<html>"}) {
            CAPTURE(text);
            CHECK(walk(text).damaged);
        }
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
            JsonDocument document(std::string(depth, '[') + std::string(depth, ']'));
            for (auto element = document.elements(); element.next();) CHECK(element.value().is_array());
        }
    }

    TEST_CASE("a large text is read and its memory let go") {
        const std::string large = R"({"a":")" + std::string(std::size_t{1} << 20, 'x') + R"(","b":1})";
        CHECK(walk(large) == Walked{2, false});
        CHECK(walk(R"({"a":1})") == Walked{1, false});
    }
}
