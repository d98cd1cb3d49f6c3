// What is kept of a long text, and what is known of all of it.
#include "parsers/captured_text.hpp"

#include <doctest/doctest.h>

using namespace tokenweir::parsers;

namespace {

const KeyedHash hash("secret");

CapturedText captured(std::initializer_list<std::string_view> pieces, std::size_t max_kept) {
    CapturedText text;
    for (const std::string_view piece : pieces) text.add(piece, max_kept, hash);
    return text;
}

std::string sha256(std::string_view bytes) {
    Sha256 digest;
    digest.add(bytes);
    return to_hex(digest.finish());
}

}  // namespace

TEST_SUITE("captured text") {
    TEST_CASE("a text within the limit is whole") {
        const CapturedText text = captured({"ab", "cd"}, 4);
        CHECK(text.whole());
        CHECK(text.kept() == "abcd");
        CHECK(text.hash(hash) == hash("abcd"));
    }

    TEST_CASE("of a longer one the beginning is kept, and all is counted and hashed") {
        const CapturedText text = captured({"ab", "cde", "f"}, 4);
        CHECK_FALSE(text.whole());
        CHECK(text.kept() == "abcd");
        CHECK(text.bytes() == 6);
        CHECK(text.hash(hash) == hash("abcdef"));
    }

    TEST_CASE("the beginning ends where an escape and a character end") {
        CHECK(captured({R"(ab\n)"}, 3).kept() == "ab");
        CHECK(captured({R"(ab\\c)"}, 4).kept() == R"(ab\\)");
        CHECK(captured({R"(a\u00e4)"}, 5).kept() == "a");
        CHECK(captured({R"(a\ud83d\ude00)"}, 7).kept() == "a");
        CHECK(captured({R"(a\ud83d\ude00x)"}, 13).kept() == R"(a\ud83d\ude00)");
        CHECK(captured({"aäx"}, 2).kept() == "a");
        CHECK(captured({"aäx"}, 3).kept() == "aä");
        CHECK(captured({"a😀"}, 4).kept() == "a");
    }

    TEST_CASE("base64 is undone on the way into a hash") {
        CHECK(captured({"aGVsbG8="}, 100).payload() == Payload{5, sha256("hello")});
        CHECK(captured({"aGVs", "bG8"}, 4).payload() == Payload{5, sha256("hello")});
        CHECK(captured({"data:image/png;base64,aG", "VsbG8="}, 24).payload() == Payload{5, sha256("hello")});
        CHECK(captured({R"(aGVs\nbG8=)"}, 4).payload() == Payload{5, sha256("hello")});
        CHECK(captured({R"(\/\/8_)"}, 100).payload() == Payload{3, sha256("\xFF\xFF\x3F")});
        CHECK(captured({"not base64"}, 100).payload() == std::nullopt);
        CHECK(captured({""}, 100).payload() == std::nullopt);
    }

    TEST_CASE("the type of a data URL") {
        CHECK(data_url_type("data:image/png;base64,AAAA") == "image/png");
        CHECK(data_url_type("data:,x").empty());
        CHECK(data_url_type("https://x.example/").empty());
    }
}
