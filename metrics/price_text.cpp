#include "metrics/price_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace tokenweir::metrics {
namespace {

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

std::optional<int> whole(std::string_view digits) noexcept {
    int value = 0;
    for (const char c : digits)
        if (!is_digit(c)) return std::nullopt;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
    return value;
}

/// 04:00
std::optional<std::chrono::minutes> time_of_day(std::string_view text) noexcept {
    if (text.size() != 5 || text[2] != ':') return std::nullopt;
    const auto hour = whole(text.substr(0, 2)), minute = whole(text.substr(3, 2));
    if (!hour || !minute || *minute > 59 || *hour * 60 + *minute > 24 * 60) return std::nullopt;
    return std::chrono::hours(*hour) + std::chrono::minutes(*minute);
}

std::optional<unsigned> weekday(std::string_view text) noexcept {
    constexpr std::array<std::string_view, 7> names{"sun", "mon", "tue", "wed", "thu", "fri", "sat"};
    const auto name = std::ranges::find(names, text);
    if (name == names.end()) return std::nullopt;
    return static_cast<unsigned>(name - names.begin());
}

/// mon, or mon-fri; the week may turn in between.
std::optional<std::uint8_t> weekdays(std::string_view text) noexcept {
    const std::size_t dash = text.find('-');
    const auto first = weekday(text.substr(0, dash));
    const auto last = dash == std::string_view::npos ? first : weekday(text.substr(dash + 1));
    if (!first || !last) return std::nullopt;
    unsigned days = 1U << *first;
    for (unsigned day = *first; day != *last; days |= 1U << day) day = (day + 1) % 7;
    return static_cast<std::uint8_t>(days);
}

}  // namespace

std::optional<std::int64_t> parse_decimal(std::string_view text, int decimals) noexcept {
    constexpr std::int64_t largest = 1'000'000;
    const std::size_t dot = text.find('.');
    const auto front = whole(text.substr(0, dot));
    if (!front || *front > largest) return std::nullopt;
    std::string_view fraction = dot == std::string_view::npos ? std::string_view{} : text.substr(dot + 1);
    if (dot != std::string_view::npos && fraction.empty()) return std::nullopt;
    while (fraction.ends_with('0')) fraction.remove_suffix(1);
    if (fraction.size() > static_cast<std::size_t>(decimals)) return std::nullopt;
    std::int64_t value = *front;
    for (int i = 0; i < decimals; ++i) {
        const auto at = static_cast<std::size_t>(i);
        if (at < fraction.size() && !is_digit(fraction[at])) return std::nullopt;
        value = value * 10 + (at < fraction.size() ? fraction[at] - '0' : 0);
    }
    std::int64_t limit = largest;
    for (int i = 0; i < decimals; ++i) limit *= 10;
    if (value > limit) return std::nullopt;
    return value;
}

std::optional<std::chrono::sys_days> parse_date(std::string_view text) noexcept {
    if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
    const auto year = whole(text.substr(0, 4)), month = whole(text.substr(5, 2)), day = whole(text.substr(8, 2));
    if (!year || !month || !day) return std::nullopt;
    const std::chrono::year_month_day date{std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)),
                                           std::chrono::day(static_cast<unsigned>(*day))};
    if (!date.ok()) return std::nullopt;
    return std::chrono::sys_days(date);
}

std::optional<HourRange> parse_hours(std::string_view text) noexcept {
    constexpr std::uint8_t every_day = 0x7f;
    const std::size_t space = text.find(' ');
    const auto days = space == std::string_view::npos ? every_day : weekdays(text.substr(0, space));
    const std::string_view times = space == std::string_view::npos ? text : text.substr(space + 1);
    if (!days || times.size() != 11 || times[5] != '-') return std::nullopt;
    const auto begin = time_of_day(times.substr(0, 5)), end = time_of_day(times.substr(6));
    if (!begin || !end || *begin >= *end) return std::nullopt;
    return HourRange{*days, *begin, *end};
}

bool HourRange::contains(WallTime time) const noexcept {
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const auto since_midnight = time - day;
    const unsigned weekday = std::chrono::weekday(day).c_encoding();
    return (days >> weekday & 1U) != 0 && since_midnight >= begin && since_midnight < end;
}

}  // namespace tokenweir::metrics
