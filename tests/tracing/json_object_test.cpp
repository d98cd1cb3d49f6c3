#include "tracing/json_object.hpp"

#include <doctest/doctest.h>

#include <array>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <vector>

#include "tests/support/split_feed.hpp"

namespace tokenweir::tracing {
namespace {

std::string json_string(std::string_view text) {
    std::string out;
    test::with_exact_copy(text, [&](std::string_view exact) { append_json_string(out, exact); });
    return out;
}

/// The object that `write` fills.
template <class Write>
std::string object_of(Write write) {
    std::string out;
    JsonObject object(out);
    write(object);
    object.close();
    return out;
}

TEST_SUITE("json_object") {
    TEST_CASE("escapes what JSON wants escaped and passes the rest as it is") {
        const std::pair<std::string_view, std::string_view> rows[] = {
            {"", R"("")"},
            {"plain text", R"("plain text")"},
            {R"(a"b\c/d)", R"("a\"b\\c/d")"},
            {"\n\r\t", R"("\n\r\t")"},
            {std::string_view("\0\x01\b\f\x1F\x7F", 6), R"("\u0000\u0001\u0008\u000c\u001f\u007f")"},
            {"caf\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80", "\"caf\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80\""},
        };
        for (const auto& [text, expected] : rows) CHECK(json_string(text) == expected);
    }

    TEST_CASE("replaces every ill-formed part of UTF-8 by U+FFFD") {
        const std::string r = "\xEF\xBF\xBD";
        const std::pair<std::string_view, std::string> rows[] = {
            {"\x80", r},  // a continuation without a beginning
            {"\xFF"
             "a",
             r + "a"},                            // never a byte of UTF-8
            {"\xC0\xAF", r + r},                  // overlong
            {"\xE0\x80\x80", r + r + r},          // overlong
            {"\xED\xA0\x80", r + r + r},          // a surrogate
            {"\xF4\x90\x80\x80", r + r + r + r},  // above U+10FFFF
            {"\xE2\x82", r},                      // cut at the end
            {"\xE2\x82z", r + "z"},               // cut before another
            {"\xF0\x9F\x98\xC3\xA9", r + "\xC3\xA9"},
        };
        for (const auto& [text, expected] : rows) CHECK(json_string(text) == "\"" + expected + "\"");
    }

    TEST_CASE("writes a value of 1024 bytes whole and cuts one of 1025 at a code point") {
        const std::string full(max_string_bytes, 'x');
        CHECK(json_string(full) == "\"" + full + "\"");
        CHECK(json_string(full + "y") == "\"" + full + "\"");
        const std::string nearly(max_string_bytes - 1, 'x');
        CHECK(json_string(nearly + "\xC3\xA9") == "\"" + nearly + "\"");
        CHECK(json_string(nearly + "\xF0\x9F\x98\x80") == "\"" + nearly + "\"");
    }

    TEST_CASE("puts commas between members and none around them") {
        CHECK(object_of([](JsonObject&) {}) == "{}");
        CHECK(object_of([](JsonObject& object) {
                  object.text("a", "x");
                  object.integer("b", std::numeric_limits<std::int64_t>::min());
                  object.boolean("c", false);
                  object.texts("d", std::vector<std::string>{"one", "two"});
                  object.number("units.", "q\"", 1.5);
                  object.text("tags.", "\n", "y");
              }) == R"({"a":"x","b":-9223372036854775808,"c":false,"d":["one","two"],"units.q\"":1.5,"tags.\n":"y"})");
    }

    TEST_CASE("writes numbers short and exact, and none that JSON does not have") {
        const std::pair<double, std::string_view> rows[] = {
            {0, "0"},
            {100000, "100000"},
            {-2, "-2"},
            {0.7, "0.7"},
            {0.1 + 0.2, "0.30000000000000004"},
            {1e-7, "0.0000001"},
            {1e300, "1e+300"},
        };
        for (const auto& [value, expected] : rows)
            CHECK(object_of([&](JsonObject& object) { object.number("n", value); }) ==
                  "{\"n\":" + std::string(expected) + "}");
        CHECK(object_of([](JsonObject& object) {
                  object.number("n", std::numeric_limits<double>::quiet_NaN());
                  object.number("n", std::numeric_limits<double>::infinity());
                  object.number("units.", "n", -std::numeric_limits<double>::infinity());
              }) == "{}");
    }

    TEST_CASE("writes whole numbers of every length with all their digits") {
        for (std::int64_t power = 1, digits = 1; digits <= 18; ++digits, power *= 10)
            for (const std::int64_t value : {power - 1, power, power + power / 7, -power})
                CHECK(object_of([&](JsonObject& object) { object.integer("n", value); }) ==
                      R"({"n":)" + std::to_string(value) + "}");
    }

    TEST_CASE("writes a number with the fewest digits that say which it is") {
        const auto digits_of = [](std::string_view number) {
            std::string digits;
            for (const char c : number.substr(0, number.find('e')))
                if (c >= '0' && c <= '9' && !(digits.empty() && c == '0')) digits += c;
            return digits;
        };
        for (const double scale : {1., 1e2, 1e7, 1e11, 1e12, 1e13, 3., 7e9})
            for (const double value : {1., 2304., 99999., 1e9 - 1, 999999999999., 4503599627370497., 123456789.5}) {
                const double number = -value / scale;
                CAPTURE(number);
                const std::string object = object_of([&](JsonObject& it) { it.number("n", number); });
                const std::string got = object.substr(5, object.size() - 6);
                CHECK(std::strtod(got.c_str(), nullptr) == number);
                std::array<char, 32> shortest{};
                const char* const end = std::to_chars(shortest.data(), shortest.data() + 32, number).ptr;
                if (got.find('.') != std::string::npos) CHECK(digits_of(got) == digits_of({shortest.data(), end}));
            }
    }

    TEST_CASE("writes durations in seconds, to the nanosecond and without noise") {
        using namespace std::chrono_literals;
        const std::pair<Duration, std::string_view> rows[] = {
            {0ns, "0"},      {1ns, "0.000000001"},           {100ms, "0.1"},    {1s, "1"}, {10s, "10"},
            {1200ms, "1.2"}, {90061s + 5us, "90061.000005"}, {-250ms, "-0.25"},
        };
        for (const auto& [value, expected] : rows)
            CHECK(object_of([&](JsonObject& object) { object.seconds("s", value); }) ==
                  "{\"s\":" + std::string(expected) + "}");
    }

    TEST_CASE("writes times in UTC with microseconds") {
        using namespace std::chrono_literals;
        const std::pair<std::chrono::nanoseconds, std::string_view> rows[] = {
            {0s, "1970-01-01T00:00:00.000000Z"},
            {951782400s - 1us, "2000-02-28T23:59:59.999999Z"},
            {951782400s, "2000-02-29T00:00:00.000000Z"},
            {1791363903s + 42us + 999ns, "2026-10-07T09:05:03.000042Z"},
        };
        for (const auto& [since, expected] : rows)
            CHECK(object_of([&](JsonObject& object) { object.time("t", WallTime(since)); }) ==
                  "{\"t\":\"" + std::string(expected) + "\"}");
    }
}

}  // namespace
}  // namespace tokenweir::tracing
