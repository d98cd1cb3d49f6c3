#include "parsers/time_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>

#include "observation/field.hpp"

namespace tokenweir::parsers {

namespace {

namespace chrono = std::chrono;

/// The seconds that `amount` of the unit at the front of `text` makes. Small units divide, so that 9 ms are 0.009 s.
std::optional<double> take_unit(double amount, std::string_view& text) noexcept {
    struct Unit {
        std::string_view name;
        double seconds, per_second;
    };
    constexpr std::array units{Unit{"ms", 1, 1e3}, Unit{"us", 1, 1e6}, Unit{"\xC2\xB5s", 1, 1e6}, Unit{"ns", 1, 1e9},
                               Unit{"s", 1, 1},    Unit{"m", 60, 1},   Unit{"h", 3600, 1},        Unit{"d", 86400, 1}};
    for (const Unit& known : units) {
        if (!text.starts_with(known.name)) continue;
        text.remove_prefix(known.name.size());
        return amount * known.seconds / known.per_second;
    }
    return std::nullopt;
}

/// `digits` decimal digits off the front of `text`.
std::optional<int> take_digits(std::string_view& text, std::size_t digits) noexcept {
    int value = 0;
    if (text.size() < digits) return std::nullopt;
    const auto [end, error] = std::from_chars(text.data(), text.data() + digits, value);
    if (error != std::errc() || end != text.data() + digits || value < 0) return std::nullopt;
    text.remove_prefix(digits);
    return value;
}

bool take(std::string_view& text, std::string_view word) noexcept {
    if (!iequals(text.substr(0, word.size()), word)) return false;
    text.remove_prefix(word.size());
    return true;
}

/// Which of the names comes first in `text`, from 1.
template <std::size_t count>
std::optional<int> take_name(std::string_view& text, const std::array<std::string_view, count>& names) noexcept {
    for (std::size_t i = 0; i < count; ++i)
        if (take(text, names[i])) return static_cast<int>(i) + 1;
    return std::nullopt;
}

/// "08:49:37", the seconds with a fraction or none.
std::optional<Seconds> take_time_of_day(std::string_view& text) noexcept {
    const auto hour = take_digits(text, 2);
    if (!hour || !take(text, ":")) return std::nullopt;
    const auto minute = take_digits(text, 2);
    if (!minute || !take(text, ":")) return std::nullopt;
    const auto second = take_number(text);
    if (!second || *hour > 23 || *minute > 59 || *second >= 61) return std::nullopt;  // 60: a leap second
    return Seconds(*hour * 3600 + *minute * 60 + *second);
}

/// Z or +hh:mm, as minutes.
std::optional<int> take_offset(std::string_view& text) noexcept {
    if (take(text, "z")) return 0;
    const bool east = take(text, "+");
    if (!east && !take(text, "-")) return std::nullopt;
    const auto hours = take_digits(text, 2);
    if (!hours || !take(text, ":")) return std::nullopt;
    const auto minutes = take_digits(text, 2);
    if (!minutes) return std::nullopt;
    return (east ? 1 : -1) * (*hours * 60 + *minutes);
}

/// The wall clock counts nanoseconds: it ends in the year 2262.
std::optional<WallTime> instant(int year, int month, int day, Seconds time_of_day) noexcept {
    if (year < 1970 || year > 2200) return std::nullopt;
    const chrono::year_month_day date{chrono::year{year}, chrono::month{static_cast<unsigned>(month)},
                                      chrono::day{static_cast<unsigned>(day)}};
    if (!date.ok()) return std::nullopt;
    return WallTime(chrono::sys_days{date}) + chrono::duration_cast<WallTime::duration>(time_of_day);
}

/// A span that may be negative, as a clock that has passed its reset gives one.
std::optional<double> signed_span(std::string_view text) noexcept {
    const bool negative = take(text, "-");
    const auto span = parse_span(text);
    return span && negative ? std::optional(-*span) : span;
}

}  // namespace

std::optional<double> take_number(std::string_view& text) noexcept {
    constexpr std::size_t exact_digits = 15;  // fit a double; most numbers are short and whole
    std::size_t digits = 0;
    std::int64_t whole = 0;
    for (const std::size_t most = std::min(text.size(), exact_digits + 1); digits < most; ++digits) {
        const unsigned digit = static_cast<unsigned char>(text[digits]) - unsigned{'0'};
        if (digit > 9) break;
        whole = whole * 10 + digit;
    }
    if (digits == 0) return std::nullopt;
    if (digits <= exact_digits && (digits == text.size() || text[digits] != '.')) {
        text.remove_prefix(digits);
        return static_cast<double>(whole);
    }
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
    if (error != std::errc() || !std::isfinite(value)) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return value;
}

std::optional<double> parse_span(std::string_view text) noexcept {
    const auto first = take_number(text);
    if (!first || text.empty()) return first;
    double seconds = 0;
    for (auto number = first;; number = take_number(text)) {
        const auto part = number ? take_unit(*number, text) : std::nullopt;
        if (!part) return std::nullopt;
        seconds += *part;
        if (text.empty()) break;
    }
    return std::isfinite(seconds) ? std::optional(seconds) : std::nullopt;
}

std::optional<WallTime> parse_date(std::string_view text) noexcept {
    const auto year = take_digits(text, 4);
    if (!year || !take(text, "-")) return std::nullopt;
    const auto month = take_digits(text, 2);
    if (!month || !take(text, "-")) return std::nullopt;
    const auto day = take_digits(text, 2);
    if (!day || !(take(text, "t") || take(text, " "))) return std::nullopt;
    const auto time = take_time_of_day(text);
    const auto offset = take_offset(text);
    if (!time || !offset || !text.empty()) return std::nullopt;
    return instant(*year, *month, *day, *time - chrono::minutes(*offset));
}

std::optional<WallTime> parse_http_date(std::string_view text) noexcept {
    constexpr std::array<std::string_view, 7> days{"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
    constexpr std::array<std::string_view, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    if (!take_name(text, days) || !take(text, ", ")) return std::nullopt;
    const auto day = take_digits(text, 2);
    if (!day || !take(text, " ")) return std::nullopt;
    const auto month = take_name(text, months);
    if (!month || !take(text, " ")) return std::nullopt;
    const auto year = take_digits(text, 4);
    if (!year || !take(text, " ")) return std::nullopt;
    const auto time = take_time_of_day(text);
    if (!time || !take(text, " GMT") || !text.empty()) return std::nullopt;
    return instant(*year, *month, *day, *time);
}

std::optional<double> seconds_until(std::string_view text, WallTime now) noexcept {
    constexpr double first_unix_time = 1e9;
    constexpr double first_milliseconds = 1e12;
    auto wait = signed_span(text);
    if (!wait) {
        auto date = parse_date(text);
        if (!date) date = parse_http_date(text);
        if (date) wait = Seconds(*date - now).count();
    } else if (*wait >= first_unix_time) {
        const double unix_time = *wait >= first_milliseconds ? *wait / 1000 : *wait;
        wait = unix_time - Seconds(now.time_since_epoch()).count();
    }
    return wait ? std::optional(std::max(*wait, 0.0)) : std::nullopt;
}

}  // namespace tokenweir::parsers
