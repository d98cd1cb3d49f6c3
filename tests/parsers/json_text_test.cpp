#include "parsers/json_text.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <string>

using namespace tokenweir::parsers;

TEST_SUITE("json_text") {
    TEST_CASE("undoes every escape there is") {
        struct Row {
            std::string_view raw, text;
        };
        const Row rows[] = {
            {"", ""},
            {"plain \xC3\xA4", "plain \xC3\xA4"},
            {R"(\"\\\/\b\f\n\r\t)", "\"\\/\b\f\n\r\t"},
            {R"(mod\u0065l)", "model"},
            {R"(\u00e4\u20AC)", "\xC3\xA4\xE2\x82\xAC"},
            {R"(\ud83d\ude00!)", "\xF0\x9F\x98\x80!"},
            {R"(\ud83d)", "\xEF\xBF\xBD"},
            {R"(\ude00\ud83d\u0041)",
             "\xEF\xBF\xBD\xEF\xBF\xBD"
             "A"},
            {R"(\ud83d\n)", "\xEF\xBF\xBD\n"},
        };
        for (const Row& row : rows) {
            CAPTURE(row.raw);
            CHECK(unescape_json(row.raw) == std::string(row.text));
        }
        CHECK(unescape_json("a\\u0000b") == std::string("a\0b", 3));
    }

    TEST_CASE("gives nothing for an escape that does not exist or is cut short") {
        for (const std::string_view raw :
             {R"(\)", R"(a\x)", R"(\u)", R"(\u12)", R"(\u12g4)", R"(\u+123)", R"(\ud83d\)"}) {
            CAPTURE(raw);
            CHECK_FALSE(unescape_json(raw));
        }
    }

    TEST_CASE("a number is the double next to what is written, however it is written") {
        for (const char* text :
             {"0", "7", "-7", "0.7", "1.0", "0.30", "123456789012345", "1234567.8901234", "0.0000001",
              "99999999999999.9", "1234567890123456", "0.1234567890123456", "3.14159265358979323846", "1e3", "2.5E-3",
              "9007199254740993", "1.7976931348623157e308", "4.9e-324"}) {
            CAPTURE(text);
            CHECK(parse_number(text) == std::strtod(text, nullptr));
        }
    }

    TEST_CASE("what is no number, or too large for one, is none") {
        for (const char* text : {"", ".", "-", "1.2.3", "1 ", " 1", "0.7x", "x", "\"1\"", "1e999", "NaN", "Infinity"}) {
            CAPTURE(text);
            CHECK_FALSE(parse_number(text));
        }
    }

    TEST_CASE("text is unfinished while a string or a bracket is open") {
        for (const char* whole : {"", "{}", R"([{"a":"}"},"\"]"])", "{oops}", "}", R"({"a":"\\"})"}) {
            CAPTURE(whole);
            CHECK_FALSE(is_unfinished(whole));
        }
        for (const char* cut : {"{", "[{}", R"({"a)", R"({"a":"}")", R"({"a":"\"})", R"({"a":"\)"}) {
            CAPTURE(cut);
            CHECK(is_unfinished(cut));
        }
    }
}
