/// Reading and writing of single values. Numbers are ASCII digits: no signs, no exponents, no locale.
#include "proxy/config_values.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "observation/field.hpp"
#include "proxy/config_address.hpp"

namespace tokenweir::proxy {
namespace {

struct Unit {
    std::string_view name;
    std::size_t factor;
};

constexpr std::array<Unit, 9> byte_units{{{"", 1},
                                          {"B", 1},
                                          {"KiB", std::size_t{1} << 10},
                                          {"MiB", std::size_t{1} << 20},
                                          {"GiB", std::size_t{1} << 30},
                                          {"kB", 1'000},
                                          {"KB", 1'000},
                                          {"MB", 1'000'000},
                                          {"GB", 1'000'000'000}}};

constexpr std::array<Unit, 5> time_units{{{"", 1'000}, {"ms", 1}, {"s", 1'000}, {"m", 60'000}, {"h", 3'600'000}}};

constexpr std::chrono::milliseconds longest_duration = std::chrono::hours(7 * 24);

constexpr std::size_t shortest_token = 32;
constexpr std::size_t longest_name = 64;
constexpr std::size_t most_tags = 4;
constexpr std::size_t most_bounds = 64;

const Unit* find_unit(std::span<const Unit> units, std::string_view name) {
    const auto unit = std::ranges::find(units, name, &Unit::name);
    return unit == units.end() ? nullptr : &*unit;
}

/// Splits "250ms" into "250" and "ms"; white space may stand between them.
std::pair<std::string_view, std::string_view> split_unit(std::string_view text) {
    const std::size_t end = std::min(text.find_first_not_of("0123456789."), text.size());
    const std::size_t unit = std::min(text.find_first_not_of(' ', end), text.size());
    return {text.substr(0, end), text.substr(unit)};
}

struct DialectName {
    std::string_view name;
    GenAiDialect dialect;
};

constexpr std::array dialects{DialectName{"v1.41", GenAiDialect::v1_41}, DialectName{"latest", GenAiDialect::latest},
                              DialectName{"both", GenAiDialect::both}};

}  // namespace

std::vector<std::string_view> split_list(std::string_view text) {
    std::vector<std::string_view> items;
    for (std::size_t begin = 0; begin <= text.size();) {
        const std::size_t comma = std::min(text.find(',', begin), text.size());
        std::string_view item = text.substr(begin, comma - begin);
        while (item.starts_with(' ')) item.remove_prefix(1);
        while (item.ends_with(' ')) item.remove_suffix(1);
        items.push_back(item);
        begin = comma + 1;
    }
    return items;
}

bool is_path_text(std::string_view text) noexcept {
    return std::ranges::all_of(text, [](char c) {
        return is_alphanumeric(c) || std::string_view("/-._~!$&'()*+,;=:@%").find(c) != std::string_view::npos;
    });
}

bool is_visible_ascii(std::string_view text) noexcept {
    return std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f; });
}

void Switch::parse(std::string_view text, bool& out) {
    const bool yes = iequals(text, "on") || iequals(text, "true");
    if (!yes && !iequals(text, "off") && !iequals(text, "false")) throw BadValue("expected " + expects());
    out = yes;
}

std::size_t parse_bytes(std::string_view text, std::size_t min, std::size_t max) {
    const auto [digits, unit_name] = split_unit(text);
    const Unit* unit = find_unit(byte_units, unit_name);
    std::size_t number = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    const bool is_number = error == std::errc() && end == digits.data() + digits.size();
    if (!is_number || !unit || number > max / unit->factor || number * unit->factor < min)
        throw BadValue("expected a size from " + print_bytes(min) + " to " + print_bytes(max) +
                       ", such as 65536, 64KiB or 1MB");
    return number * unit->factor;
}

std::string print_bytes(std::size_t value) {
    for (const std::string_view name : {"GiB", "MiB", "KiB"}) {
        const std::size_t factor = find_unit(byte_units, name)->factor;
        if (value != 0 && value % factor == 0) return std::to_string(value / factor) + std::string(name);
    }
    return std::to_string(value);
}

std::chrono::milliseconds parse_duration(std::string_view text) {
    const auto [digits, unit_name] = split_unit(text);
    const Unit* unit = find_unit(time_units, unit_name);
    double number = 0;
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), number, std::chars_format::fixed);
    if (!unit || error != std::errc() || end != digits.data() + digits.size())
        throw BadValue("expected a duration such as 250ms, 30s, 5m or 1h");
    const double milliseconds = number * static_cast<double>(unit->factor);
    if (milliseconds > static_cast<double>(longest_duration.count()))
        throw BadValue("expected a duration of at most 7 days (168h)");
    const double whole = std::round(milliseconds);
    // 1.001s is not a whole number of milliseconds in binary: a millionth is forgiven.
    if (std::abs(milliseconds - whole) > 1e-6) throw BadValue("expected a whole number of milliseconds");
    return std::chrono::milliseconds(static_cast<std::chrono::milliseconds::rep>(whole));
}

std::string print_duration(std::chrono::milliseconds value) {
    const auto count = value.count();
    return count % 1000 == 0 ? std::to_string(count / 1000) + "s" : std::to_string(count) + "ms";
}

void TimeLimit::parse(std::string_view text, std::chrono::milliseconds& out) {
    out = iequals(text, "off") ? std::chrono::milliseconds{0} : parse_duration(text);
}

std::string TimeLimit::print(std::chrono::milliseconds value) {
    return value.count() == 0 ? "off" : print_duration(value);
}

void Span::parse(std::string_view text, double& out) {
    const std::chrono::milliseconds value = parse_duration(text);
    if (value.count() == 0) throw BadValue("expected a duration longer than 0");
    out = std::chrono::duration<double>(value).count();
}

std::string Span::print(double seconds) {
    return print_duration(std::chrono::round<std::chrono::milliseconds>(std::chrono::duration<double>(seconds)));
}

void Address::parse(std::string_view text, ListenAddress& out) { out = parse_listen_address(text); }

void Addresses::parse(std::string_view text, std::vector<Listener>& out) {
    std::vector<Listener> listeners;
    for (const std::string_view one : split_list(text)) listeners.push_back({parse_listen_address(one), std::nullopt});
    out = std::move(listeners);
}

std::string Addresses::print(const std::vector<Listener>& value) {
    std::string text;
    for (const Listener& listener : value) text.append(text.empty() ? "" : ",").append(listener.address.to_string());
    return text;
}

void Url::parse(std::string_view text, UpstreamUrl& out) { out = parse_upstream_url(text); }

void SingleUpstream::parse(std::string_view text, Config& out) {
    out.routes = {{.name = "upstream", .prefix = "", .upstream = parse_upstream_url(text), .provider = ""}};
    out.single_upstream = true;
}

std::string SingleUpstream::print(const Config& value) {
    return value.single_upstream ? value.routes.at(0).upstream.to_string() : std::string();
}

void Prefix::parse(std::string_view text, std::string& out) {
    if (!text.starts_with('/')) throw BadValue("expected a path that starts with '/'");
    if (text == "/") {
        out.clear();
        return;
    }
    if (text.ends_with('/')) throw BadValue("expected a path without a '/' at its end");
    if (!is_path_text(text))
        throw BadValue("expected a plain path: no query, no spaces, nothing that must be percent-encoded");
    if (text.find("//") != std::string_view::npos) throw BadValue("expected a path without empty segments ('//')");
    const std::string segments = std::string(text) + "/";
    if (segments.find("/./") != std::string::npos || segments.find("/../") != std::string::npos)
        throw BadValue("expected a path without '.' and '..' segments, which clients resolve before they send");
    out = text;
}

void OptionalPrefix::parse(std::string_view text, std::string& out) {
    if (iequals(text, "off")) return out.clear();
    Prefix::parse(text, out);
    if (out.empty()) throw BadValue("expected a path of more than '/'");
}

void ImplicitSignals::parse(std::string_view text, Config& out) {
    bool regenerate = false, abort = false;
    if (!text.empty() && !iequals(text, "none"))
        for (const std::string_view item : split_list(text)) {
            bool* const signal = iequals(item, "regenerate") ? &regenerate : iequals(item, "abort") ? &abort : nullptr;
            if (signal == nullptr) throw BadValue("expected " + expects());
            *signal = true;
        }
    out.feedback.regenerate = out.observer.hash_prompts = regenerate;
    out.feedback.abort = abort;
}

std::string ImplicitSignals::print(const Config& value) {
    const FeedbackOptions& feedback = value.feedback;
    if (feedback.regenerate) return feedback.abort ? "regenerate, abort" : "regenerate";
    return feedback.abort ? "abort" : "none";
}

void Name::parse(std::string_view text, std::string& out) {
    if (text.empty() || text.size() > longest_name || !is_visible_ascii(text)) throw BadValue("expected " + expects());
    out = text;
}

void FreeText::parse(std::string_view text, std::string& out) {
    const bool has_controls = std::ranges::any_of(text, [](char c) { return (c >= 0 && c < 0x20) || c == 0x7f; });
    if (text.empty() || text.size() > longest_name || has_controls) throw BadValue("expected " + expects());
    out = text;
}

void TagNames::parse(std::string_view text, std::vector<std::string>& out) {
    if (text.empty()) return out.clear();
    std::vector<std::string> names;
    for (const std::string_view name : split_list(text)) {
        const bool fits = std::ranges::all_of(
            name, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; });
        if (name.empty() || name.size() > longest_name || !fits) throw BadValue("expected " + expects());
        if (std::ranges::find(names, name) != names.end()) throw BadValue("expected every name once");
        names.emplace_back(name);
    }
    if (names.size() > most_tags) throw BadValue("expected " + expects());
    out = std::move(names);
}

std::string TagNames::print(const std::vector<std::string>& value) {
    std::string text;
    for (const std::string& name : value) text.append(text.empty() ? "" : ", ").append(name);
    return text;
}

void Bounds::parse(std::string_view text, std::vector<double>& out) {
    if (text.empty()) return out.clear();
    std::vector<double> bounds;
    for (const std::string_view item : split_list(text)) {
        double bound = 0;
        const auto [end, error] =
            std::from_chars(item.data(), item.data() + item.size(), bound, std::chars_format::fixed);
        const bool ascends = bound > (bounds.empty() ? 0 : bounds.back());
        if (error != std::errc() || end != item.data() + item.size() || !ascends || !std::isfinite(bound))
            throw BadValue("expected " + expects());
        bounds.push_back(bound);
    }
    if (bounds.size() > most_bounds) throw BadValue("expected " + expects());
    out = std::move(bounds);
}

std::string Bounds::print(const std::vector<double>& value) {
    std::string text;
    for (const double bound : value) {
        std::array<char, 400> digits{};  // the longest double without an exponent has 309 digits before its point
        const auto [end, error] =
            std::to_chars(digits.data(), digits.data() + digits.size(), bound, std::chars_format::fixed);
        text.append(text.empty() ? "" : ", ").append(digits.data(), end);
    }
    return text;
}

void Dialect::parse(std::string_view text, GenAiDialect& out) {
    const auto known = std::ranges::find(dialects, text, &DialectName::name);
    if (known == dialects.end()) throw BadValue("expected " + expects());
    out = known->dialect;
}

std::string Dialect::print(GenAiDialect value) {
    return std::string(std::ranges::find(dialects, value, &DialectName::dialect)->name);
}

void Token::parse(std::string_view text, std::string& out) {
    if (!text.empty() && (text.size() < shortest_token || !is_visible_ascii(text)))
        throw BadValue("expected " + expects());
    out = text;
}

void HashSecret::parse(std::string_view text, parsers::KeyedHash& out) {
    std::string secret;
    Token::parse(text, secret);
    out = parsers::KeyedHash(std::move(secret));
}

void Path::parse(std::string_view text, std::string& out) {
    if (text.empty()) throw BadValue("expected " + expects());
    out = text;
}

}  // namespace tokenweir::proxy
