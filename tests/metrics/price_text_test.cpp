/// Decimals, dates and hours: what is read, what is refused, both sides of each limit.
#include "metrics/price_text.hpp"

#include <doctest/doctest.h>

#include <string>

namespace tokenweir::metrics {
namespace {

using namespace std::chrono;
using namespace std::chrono_literals;

WallTime at(year_month_day date, minutes time) { return sys_days(date) + time; }

TEST_SUITE("price_text") {
    TEST_CASE("a decimal is read exactly or not at all") {
        struct Row {
            const char* text;
            int decimals;
            std::optional<std::int64_t> value;
        };
        const Row rows[] = {
            {"0", 6, 0},
            {"1.25", 6, 1'250'000},
            {"1.25", 2, 125},
            {"1.250000000", 2, 125},
            {"1.251", 2, {}},
            {"0.000001", 6, 1},
            {"0.0000001", 6, {}},
            {"007", 0, 7},
            {"1000000", 6, 1'000'000'000'000},
            {"1000000.0", 6, 1'000'000'000'000},
            {"1000000.000001", 6, {}},
            {"1000001", 6, {}},
            {"1000000", 12, 1'000'000'000'000'000'000},
            {"99999999999999999999", 0, {}},
            {"", 6, {}},
            {".", 6, {}},
            {".5", 6, {}},
            {"5.", 6, {}},
            {"-1", 6, {}},
            {"+1", 6, {}},
            {"1e-6", 6, {}},
            {"1.5e0", 6, {}},
            {"1,5", 6, {}},
            {"1.2.3", 6, {}},
            {" 1", 6, {}},
            {"$1", 6, {}},
            {"nan", 6, {}},
        };
        for (const Row& row : rows) {
            CAPTURE(row.text);
            CHECK(parse_decimal(row.text, row.decimals) == row.value);
        }
    }

    TEST_CASE("a date is one that the calendar has") {
        CHECK(parse_date("2026-10-07") == sys_days(2026y / October / 7));
        CHECK(parse_date("2024-02-29") == sys_days(2024y / February / 29));
        for (const char* text : {"", "2026-02-29", "2026-13-01", "2026-00-01", "2026-10-7", "2026-10-07T00",
                                 "07.10.2026", "2026/10/07", "20261007", "abcd-ef-gh"}) {
            CAPTURE(text);
            CHECK(!parse_date(text));
        }
    }

    TEST_CASE("hours hold from their first minute to before their last, on their days, in UTC") {
        const auto weekdays = parse_hours("mon-fri 01:00-04:00");
        REQUIRE(weekdays);
        const auto monday = 2026y / November / 23, sunday = 2026y / November / 22, saturday = 2026y / November / 21;
        CHECK_FALSE(weekdays->contains(at(monday, 59min)));
        CHECK(weekdays->contains(at(monday, 60min)));
        CHECK(weekdays->contains(at(monday, 239min) + 59s));
        CHECK_FALSE(weekdays->contains(at(monday, 240min)));
        CHECK_FALSE(weekdays->contains(at(sunday, 120min)));
        CHECK_FALSE(weekdays->contains(at(saturday, 120min)));
        CHECK(weekdays->contains(at(2026y / November / 27, 120min)));

        const auto whole_days = parse_hours("fri-mon 00:00-24:00");
        REQUIRE(whole_days);
        CHECK(whole_days->contains(at(sunday, 1439min)));
        CHECK_FALSE(whole_days->contains(at(2026y / November / 25, 0min)));
        CHECK(parse_hours("00:00-00:01")->contains(at(sunday, 0min)));
        CHECK(parse_hours("sun 00:00-00:01")->days == 1);
    }

    TEST_CASE("hours in no such form are refused") {
        for (const char* text : {"", "01:00", "1:00-4:00", "04:00-01:00", "01:00-01:00", "01:00-24:01", "01:60-02:00",
                                 "mon 01:00-04:00 ", "monday 01:00-04:00", "mon-xyz 01:00-04:00", "mon- 01:00-04:00",
                                 "Mon 01:00-04:00", "mon01:00-04:00", "01:00_04:00", "aa:bb-cc:dd"}) {
            CAPTURE(text);
            CHECK(!parse_hours(text));
        }
    }
}

}  // namespace
}  // namespace tokenweir::metrics
