// Which parts of a request are taken, and how much of them.
#include "parsers/content_scanner.hpp"

#include <doctest/doctest.h>

#include <array>

#include "tests/support/split_feed.hpp"

using namespace tokenweir::parsers;

namespace {

constexpr std::array<std::string_view, 2> names{"messages", "system"};
const KeyedHash hash("secret");

struct Scanned {
    std::vector<std::string> elements;
    std::size_t omitted = 0;

    bool operator==(const Scanned&) const = default;
};

Scanned scan(const std::vector<std::string_view>& pieces, std::string_view member = "messages",
             CaptureLimits limits = {64, 256}) {
    ContentScanner scanner(names, limits, hash);
    for (const std::string_view piece : pieces) scanner.feed(piece);
    Scanned scanned;
    if (const CapturedMember* found = scanner.find(member)) {
        for (const CapturedElement& element : found->elements) scanned.elements.push_back(element.json);
        scanned.omitted = found->omitted;
    }
    return scanned;
}

}  // namespace

TEST_SUITE("content scanner") {
    TEST_CASE("the elements of a list, without white space, however the bytes are cut") {
        const std::string body =
            R"({"model" : "m", "x":{"messages":[0]}, "messages" : [ {"role": "user", "content": ["a b", {"c":[1, 2]}]}, "\"," , 7 ], "y":[[1],{}]})";
        const Scanned expected{{R"({"role":"user","content":["a b",{"c":[1,2]}]})", R"("\",")", "7"}};
        for (const auto& pieces : tokenweir::test::splits(body))
            CHECK(scan({pieces.begin(), pieces.end()}) == expected);
    }

    TEST_CASE("a value that is no list is one element") {
        CHECK(scan({R"({"system":"Be brief.","messages":[]})"}, "system") == Scanned{{R"("Be brief.")"}});
        CHECK(scan({R"({"system":{"a":1}})"}, "system") == Scanned{{R"({"a":1})"}});
        CHECK(scan({R"({"messages":[]})"}) == Scanned{});
    }

    TEST_CASE("of two members of one name the last one counts") {
        CHECK(scan({R"({"messages":[1],"messages":[2]})"}) == Scanned{{"2"}});
    }

    TEST_CASE("a longer string is cut, and its size and hash are known") {
        const std::string fits(64, 'a'), longer(65, 'a');
        ContentScanner scanner(names, {64, 256}, hash);
        scanner.feed(R"({"messages":[")" + fits + R"(",")" + longer + R"("]})");
        const CapturedMember& member = *scanner.find("messages");
        CHECK(member.elements[0].cut_at(1) == nullptr);
        CHECK(member.elements[1].json == '"' + fits + '"');
        const CapturedText* cut = member.elements[1].cut_at(1);
        REQUIRE(cut != nullptr);
        CHECK(cut->bytes() == 65);
        CHECK(cut->hash(hash) == hash(longer));
    }

    TEST_CASE("the first elements give way to later ones, and one that is too large is left out") {
        CHECK(scan({R"({"messages":[11,22,33]})"}, "messages", {64, 4}) == Scanned{{"22", "33"}, 1});
        CHECK(scan({R"({"messages":[11,[1,2,3],33]})"}, "messages", {64, 4}) == Scanned{{"11", "33"}, 1});
    }

    TEST_CASE("a value that goes on as no value can is none") {
        CHECK(scan({R"({"system":"a":1,"messages":[1]})"}) == Scanned{{"1"}});
        CHECK(scan({R"({"system":"a":1})"}, "system") == Scanned{});
    }

    TEST_CASE("an element that did not come to its end is none") {
        CHECK(scan({R"({"messages":[1,{"a":)"}) == Scanned{{"1"}});
    }
}
