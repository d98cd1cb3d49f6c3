// JSON values written anew.
#include <doctest/doctest.h>

#include "parsers/json_text.hpp"

using namespace tokenweir::parsers;

namespace {

std::string copied(std::string_view json) {
    std::string out;
    const auto filter = [](std::string_view text) {
        return text == "secret" || text == "42" ? "*" : std::string(text);
    };
    return copy_json(json, out, filter) ? out : "no JSON";
}

}  // namespace

TEST_SUITE("json copy") {
    TEST_CASE("a value keeps its form, and its texts are exchanged") {
        CHECK(copied(R"( {"a" : [1, -2.50e+3, true, null, "secret"], "secret":{}, "b": "\u0073ecret", "c":42} )") ==
              R"({"a":[1,-2.50e+3,true,null,"*"],"*":{},"b":"*","c":"*"})");
        CHECK(copied(R"("\ud83d\ude00\n")") == R"("😀\n")");
    }

    TEST_CASE("what is no JSON is told") {
        for (const char* text : {"", "{", "[1,]", "{\"a\"}", "{a:1}", "01", "1.", "-", "1e", "tru", "[1] 2", "\"a",
                                 "\"\\q\"", "\"\n\"", "{\"a\":1,}", "NaN"})
            CHECK(copied(text) == "no JSON");
    }

    TEST_CASE("it may be 64 levels deep") {
        CHECK(copied(std::string(63, '[') + "1" + std::string(63, ']')) != "no JSON");
        CHECK(copied(std::string(64, '[') + "1" + std::string(64, ']')) == "no JSON");
    }
}
