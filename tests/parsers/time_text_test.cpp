#include "parsers/time_text.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace tokenweir;
using namespace tokenweir::parsers;

namespace {

const WallTime now = WallTime(std::chrono::seconds(1'700'000'000));  // Tue, 14 Nov 2023 22:13:20 GMT

struct Row {
    const char* text;
    std::optional<double> seconds;
};

void check(const Row& row, std::optional<double> got) {
    CAPTURE(row.text);
    REQUIRE(got.has_value() == row.seconds.has_value());
    if (got) CHECK(*got == doctest::Approx(*row.seconds).epsilon(1e-9));
}

}  // namespace

TEST_SUITE("time_text") {
    TEST_CASE("reads spans of time as providers write them") {
        const Row rows[] = {{"6ms", 0.006}, {"1m3.5s", 63.5}, {"2h", 7200},     {"1d2h3m4s", 93784},  {"500", 500},
                            {"0.25", 0.25}, {"0s", 0},        {"250us", 25e-5}, {"6\xC2\xB5s", 6e-6}, {"", {}},
                            {"soon", {}},   {"1x", {}},       {"-1", {}},       {"1m3", {}},          {"1.2.3", {}},
                            {"inf", {}},    {"nan", {}},      {"1e9", {}},      {".5", {}},           {" 1", {}},
                            {"1 ", {}},     {"+1", {}}};
        for (const Row& row : rows) check(row, parse_span(row.text));
        CHECK(parse_span("9ms") == 0.009);  // to the bit: a record that says 0.009000000000000001 reads like an error
        CHECK_FALSE(parse_span(std::string(400, '9')));  // more than a double holds
        CHECK_FALSE(parse_span(std::string(308, '9') + "d"));
    }

    TEST_CASE("reads dates and nothing that only looks like one") {
        CHECK(parse_date("2023-11-14T22:13:20Z") == now);
        CHECK(parse_date("2023-11-14T23:13:20+01:00") == now);
        CHECK(parse_date("2023-11-14t20:43:20-01:30") == now);
        CHECK(parse_date("2023-11-14 22:13:20.5z") == now + std::chrono::milliseconds(500));
        for (const char* text :
             {"", "2023-11-14", "2023-11-14T22:13:20", "2023-02-30T22:13:20Z", "2023-11-14T24:13:20Z",
              "2023-11-14T22:60:20Z", "2023-11-14T22:13:61Z", "2023-11-14T22:13:20Zx", "+023-11-14T22:13:20Z",
              "2023-11-14T22:13:-1Z", "2023-13-14T22:13:20Z", "2023-00-14T22:13:20Z", "2023-11-14T22:13:20+1:00"}) {
            CAPTURE(text);
            CHECK_FALSE(parse_date(text));
        }
    }

    TEST_CASE("reads dates as far as the clock reaches") {
        CHECK(parse_date("1970-01-01T00:00:00Z") == WallTime{});
        CHECK(parse_date("2200-12-31T23:59:59Z"));
        CHECK_FALSE(parse_date("1969-12-31T23:59:59Z"));
        CHECK_FALSE(parse_date("2201-01-01T00:00:00Z"));
        CHECK_FALSE(parse_date("9999-12-31T23:59:59Z"));
    }

    TEST_CASE("reads the dates of HTTP in the form that may be sent") {
        CHECK(parse_http_date("Tue, 14 Nov 2023 22:13:20 GMT") == now);
        CHECK(parse_http_date("Thu, 01 Jan 1970 00:00:00 GMT") == WallTime{});
        for (const char* text :
             {"", "Tue, 14 Nov 2023 22:13:20", "Tue, 14 Nov 2023 22:13:20 UTC", "14 Nov 2023 22:13:20 GMT",
              "Tue, 31 Nov 2023 22:13:20 GMT", "Tuesday, 14-Nov-23 22:13:20 GMT", "Tue Nov 14 22:13:20 2023",
              "Tue, 14 Now 2023 22:13:20 GMT", "Tue, 14 Nov 2023 22:13:20 GMT "}) {
            CAPTURE(text);
            CHECK_FALSE(parse_http_date(text));
        }
    }

    TEST_CASE("says how long it is until something, whatever the form") {
        const Row rows[] = {
            {"6m0s", 360},
            {"1.5s", 1.5},
            {"120ms", 0.12},
            {"30", 30},
            {"999999999", 999999999},                // the largest span
            {"1000000000", 0},                       // the first Unix time, long ago
            {"1700000060", 60},                      // seconds
            {"1700000060.5", 60.5},                  //
            {"999999999999", 999999999999 - 1.7e9},  // the last Unix time in seconds
            {"1700000060000", 60},                   // milliseconds
            {"2023-11-14T22:13:50Z", 30},            //
            {"Tue, 14 Nov 2023 22:14:20 GMT", 60},   //
            {"2023-11-14T22:00:00Z", 0},             // passed
            {"1600000000", 0},                       //
            {"Thu, 01 Jan 1970 00:00:00 GMT", 0},    //
            {"-5", 0},                               // a clock that is behind
            {"-250ms", 0},                           //
            {"--5", {}},
            {"-", {}},
            {"-2023-11-14T22:13:50Z", {}},
            {"soon", {}},
            {"", {}},
            {"1700000060 seconds", {}},
        };
        for (const Row& row : rows) check(row, seconds_until(row.text, now));
    }
}
