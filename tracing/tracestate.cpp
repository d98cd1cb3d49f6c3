#include "tracing/tracestate.hpp"

#include <algorithm>

#include "tracing/hex.hpp"

namespace tokenweir::tracing {
namespace {

constexpr std::size_t max_part_bytes = 256;  // of a key, and of a value
constexpr std::size_t long_member_bytes = 128;
constexpr int threshold_digits = 14;

/// Takes the text before the next `separator` off the front of `text`.
std::string_view next(std::string_view& text, char separator) noexcept {
    const std::size_t end = std::min(text.find(separator), text.size());
    const std::string_view part = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return part;
}

std::string_view trimmed(std::string_view text) noexcept {
    const auto is_blank = [](char c) { return c == ' ' || c == '\t'; };
    while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
    return text;
}

bool is_key(std::string_view key) noexcept {
    const auto starts = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
    if (key.empty() || key.size() > max_part_bytes || !starts(key[0])) return false;
    return std::ranges::all_of(
        key, [&](char c) { return starts(c) || c == '_' || c == '-' || c == '*' || c == '/' || c == '@'; });
}

bool is_value(std::string_view value) noexcept {
    if (value.empty() || value.size() > max_part_bytes) return false;
    return std::ranges::all_of(value, [](char c) { return c >= 0x20 && c <= 0x7e && c != ',' && c != '='; });
}

bool is_member(std::string_view member) noexcept {
    const std::size_t equals = member.find('=');
    return equals != std::string_view::npos && is_key(member.substr(0, equals)) && is_value(member.substr(equals + 1));
}

std::size_t count_members(std::string_view members) noexcept {
    if (members.empty()) return 0;
    return 1 + static_cast<std::size_t>(std::ranges::count(members, ','));
}

/// The value of the member with that key.
std::string_view value_of(std::string_view members, std::string_view key) noexcept {
    while (!members.empty()) {
        const std::string_view member = next(members, ',');
        if (member.starts_with(key) && member.substr(key.size()).starts_with('=')) return member.substr(key.size() + 1);
    }
    return {};
}

}  // namespace

bool join_tracestate(std::string& members, std::string_view value) {
    std::size_t count = count_members(members);
    while (!value.empty()) {
        const std::string_view member = trimmed(next(value, ','));
        if (member.empty()) continue;  // allowed, for the sake of joining (§3.3.1.1)
        if (!is_member(member) || ++count > max_tracestate_members) return false;
        if (!members.empty()) members += ',';
        members += member;
    }
    return true;
}

void shorten_tracestate(std::string& members) {
    if (members.size() <= max_tracestate_bytes) return;
    std::string rest;
    for (std::string_view text = members; !text.empty();) {
        const std::string_view member = next(text, ',');
        if (member.size() <= long_member_bytes) rest.append(rest.empty() ? "" : ",").append(member);
    }
    while (rest.size() > max_tracestate_bytes) rest.resize(rest.rfind(','));
    members = std::move(rest);
}

std::optional<std::uint64_t> trace_randomness(std::string_view members) noexcept {
    for (std::string_view items = value_of(members, "ot"); !items.empty();) {
        const std::string_view item = next(items, ';');
        if (!item.starts_with("rv:")) continue;
        const auto bytes = from_hex<7>(item.substr(3));
        if (!bytes) return std::nullopt;
        std::uint64_t value = 0;
        for (const std::uint8_t byte : *bytes) value = value << 8 | byte;
        return value;
    }
    return std::nullopt;
}

void set_sampling_threshold(std::string& members, std::uint64_t threshold) {
    std::string changed = "ot=th:";
    int digits = threshold_digits;
    for (; digits > 1 && (threshold & 0xf) == 0; --digits) threshold >>= 4;
    while (digits-- > 0) changed += "0123456789abcdef"[threshold >> 4 * digits & 0xf];
    for (std::string_view items = value_of(members, "ot"); !items.empty();) {
        const std::string_view item = next(items, ';');
        if (!item.starts_with("th:")) changed.append(1, ';').append(item);
    }
    for (std::string_view rest = members; !rest.empty();) {
        const std::string_view member = next(rest, ',');
        if (!member.starts_with("ot=")) changed.append(1, ',').append(member);
    }
    members = std::move(changed);
}

}  // namespace tokenweir::tracing
