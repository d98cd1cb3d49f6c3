#include "parsers/quota.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>

namespace tokenweir::parsers {

namespace {

enum class Part : std::uint8_t { limit, remaining, reset };

struct PartName {
    std::string_view name;
    Part part;
};

constexpr std::array parts{PartName{"limit", Part::limit}, PartName{"remaining", Part::remaining},
                           PartName{"reset", Part::reset}};

std::optional<double> parse_number(std::string_view& text) noexcept {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
    if (error != std::errc() || !std::isfinite(value) || value < 0) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return value;
}

std::optional<double> seconds_of(std::string_view& unit) noexcept {
    struct Unit {
        std::string_view name;
        double seconds;
    };
    constexpr std::array units{Unit{"ms", 1e-3}, Unit{"us", 1e-6}, Unit{"ns", 1e-9}, Unit{"s", 1},
                               Unit{"m", 60},    Unit{"h", 3600},  Unit{"d", 86400}};
    for (const Unit& known : units) {
        if (!unit.starts_with(known.name)) continue;
        unit.remove_prefix(known.name.size());
        return known.seconds;
    }
    return std::nullopt;
}

/// Seconds until a reset. A number too large for a span is a Unix time, in seconds or milliseconds (OpenRouter).
std::optional<double> until(std::string_view text, WallTime now) noexcept {
    constexpr double first_unix_time = 1e9;
    constexpr double first_milliseconds = 1e12;
    std::optional<double> wait;
    if (const auto date = parse_date(text)) {
        wait = Seconds(*date - now).count();
    } else if (wait = parse_span(text); wait && *wait >= first_unix_time) {
        const double unix_time = *wait >= first_milliseconds ? *wait / 1000 : *wait;
        wait = unix_time - Seconds(now.time_since_epoch()).count();
    }
    return wait ? std::optional(std::max(*wait, 0.0)) : std::nullopt;
}

void set(Quota& quota, Part part, std::string_view text, WallTime now) noexcept {
    if (part == Part::reset) {
        if (const auto wait = until(text, now)) quota.reset_seconds = wait;
        return;
    }
    const auto number = parse_number(text);
    if (!number || !text.empty()) return;
    (part == Part::limit ? quota.limit : quota.remaining) = number;
}

/// The quota that a resource's name means. Vendors add a window to it (tokens-minute, requests-day): the first one
/// counts.
Quota* find_quota(Quotas& quotas, std::string_view resource) noexcept {
    const auto is = [&](std::string_view name) {
        return iequals(resource.substr(0, name.size()), name) &&
               (resource.size() == name.size() || resource[name.size()] == '-');
    };
    if (resource.empty() || is("requests") || is("req")) return &quotas.requests;
    if (is("tokens")) return &quotas.tokens;
    if (is("input-tokens")) return &quotas.input_tokens;
    if (is("output-tokens")) return &quotas.output_tokens;
    return nullptr;
}

bool is_set(const Quota& quota, Part part) noexcept {
    switch (part) {
        case Part::limit: return quota.limit.has_value();
        case Part::remaining: return quota.remaining.has_value();
        case Part::reset: return quota.reset_seconds.has_value();
    }
    return false;
}

/// x-ratelimit-<part>[-<resource>]
void read_common(Quotas& quotas, std::string_view name, std::string_view value, WallTime now) noexcept {
    for (const PartName& known : parts) {
        if (!iequals(name.substr(0, known.name.size()), known.name)) continue;
        std::string_view resource = name.substr(known.name.size());
        if (!resource.empty() && resource[0] != '-') return;
        if (!resource.empty()) resource.remove_prefix(1);
        if (Quota* quota = find_quota(quotas, resource); quota && !is_set(*quota, known.part))
            set(*quota, known.part, value, now);
        return;
    }
}

/// anthropic-ratelimit-<resource>-<part>
void read_anthropic(Quotas& quotas, std::string_view name, std::string_view value, WallTime now) noexcept {
    const auto dash = name.rfind('-');
    if (dash == std::string_view::npos) return;
    for (const PartName& known : parts)
        if (iequals(name.substr(dash + 1), known.name))
            if (Quota* quota = find_quota(quotas, name.substr(0, dash))) set(*quota, known.part, value, now);
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

bool take(std::string_view& text, char c) noexcept {
    if (text.empty() || ascii_lower(text[0]) != c) return false;
    text.remove_prefix(1);
    return true;
}

/// Z or +hh:mm, as minutes.
std::optional<int> take_offset(std::string_view& text) noexcept {
    if (take(text, 'z')) return 0;
    const bool east = take(text, '+');
    if (!east && !take(text, '-')) return std::nullopt;
    const auto hours = take_digits(text, 2);
    if (!hours || !take(text, ':')) return std::nullopt;
    const auto minutes = take_digits(text, 2);
    if (!minutes) return std::nullopt;
    return (east ? 1 : -1) * (*hours * 60 + *minutes);
}

}  // namespace

std::optional<double> parse_span(std::string_view text) noexcept {
    double seconds = 0;
    if (text.empty()) return std::nullopt;
    const bool bare = text.find_first_not_of("0123456789.") == std::string_view::npos;
    while (!text.empty()) {
        const auto number = parse_number(text);
        if (!number) return std::nullopt;
        const auto unit = bare ? std::optional(1.0) : seconds_of(text);
        if (!unit || (bare && !text.empty())) return std::nullopt;
        seconds += *number * *unit;
    }
    return seconds;
}

std::optional<WallTime> parse_date(std::string_view text) noexcept {
    namespace chrono = std::chrono;
    const auto year = take_digits(text, 4);
    if (!year || !take(text, '-')) return std::nullopt;
    const auto month = take_digits(text, 2);
    if (!month || !take(text, '-')) return std::nullopt;
    const auto day = take_digits(text, 2);
    if (!day || !(take(text, 't') || take(text, ' '))) return std::nullopt;
    const auto hour = take_digits(text, 2);
    if (!hour || !take(text, ':')) return std::nullopt;
    const auto minute = take_digits(text, 2);
    if (!minute || !take(text, ':')) return std::nullopt;
    auto second = parse_number(text);
    if (!second || *second >= 61) return std::nullopt;
    const auto offset = take_offset(text);
    const chrono::year_month_day date{chrono::year{*year}, chrono::month{static_cast<unsigned>(*month)},
                                      chrono::day{static_cast<unsigned>(*day)}};
    if (!offset || !text.empty() || !date.ok() || *hour > 23 || *minute > 59) return std::nullopt;
    const auto time = chrono::sys_days{date} + chrono::hours{*hour} + chrono::minutes{*minute - *offset};
    return WallTime(time) + chrono::duration_cast<WallTime::duration>(Seconds(*second));
}

Quotas read_quotas(Fields response_fields, WallTime now) noexcept {
    constexpr std::string_view common = "x-ratelimit-";
    constexpr std::string_view anthropic = "anthropic-ratelimit-";
    Quotas quotas;
    for (const Field& field : response_fields) {
        if (iequals(field.name.substr(0, common.size()), common))
            read_common(quotas, field.name.substr(common.size()), field.value, now);
        else if (iequals(field.name.substr(0, anthropic.size()), anthropic))
            read_anthropic(quotas, field.name.substr(anthropic.size()), field.value, now);
    }
    return quotas;
}

}  // namespace tokenweir::parsers
