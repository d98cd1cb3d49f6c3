#include "tracing/json_object.hpp"

#include <charconv>
#include <cmath>

#include "observation/utf8.hpp"

namespace tokenweir::tracing {
namespace {

bool is_plain(char c) noexcept { return c >= 0x20 && c < 0x7F && c != '"' && c != '\\'; }

void append_integer(std::string& out, std::int64_t value) {
    char digits[20];
    out.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
}

/// Exactly `width` digits.
void append_padded(std::string& out, std::uint64_t value, int width) {
    char digits[20];
    for (int i = width; i-- > 0; value /= 10) digits[i] = static_cast<char>('0' + value % 10);
    out.append(digits, static_cast<std::size_t>(width));
}

void append_number(std::string& out, double value) {
    constexpr double exact = 9007199254740992;  // 2^53
    if (std::fabs(value) <= exact && value == std::trunc(value))
        return append_integer(out, static_cast<std::int64_t>(value));
    char digits[32];
    out.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
}

void append_escape(std::string& out, char c) {
    switch (c) {
        case '"': out += "\\\""; return;
        case '\\': out += "\\\\"; return;
        case '\n': out += "\\n"; return;
        case '\r': out += "\\r"; return;
        case '\t': out += "\\t"; return;
        default: break;
    }
    constexpr std::string_view hex = "0123456789abcdef";
    const auto code = static_cast<unsigned char>(c);
    out.append("\\u00").append(1, hex[code >> 4]).append(1, hex[code & 0xF]);
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
    text = utf8_prefix(text, max_string_bytes);
    out += '"';
    while (!text.empty()) {
        std::size_t plain = 0;
        while (plain < text.size() && is_plain(text[plain])) ++plain;
        out.append(text.substr(0, plain));
        text.remove_prefix(plain);
        if (text.empty()) break;
        const Utf8Step step = utf8_step(text);
        if (!step.well_formed)
            out += replacement_character;
        else if (step.length == 1)
            append_escape(out, text.front());
        else
            out += text.substr(0, step.length);
        text.remove_prefix(step.length);
    }
    out += '"';
}

void JsonObject::begin(std::string_view key) {
    out_.append(first_ ? "\"" : ",\"").append(key).append("\":");
    first_ = false;
}

void JsonObject::begin(std::string_view prefix, std::string_view name) {
    out_ += first_ ? "" : ",";
    first_ = false;
    const std::size_t quote = out_.size();
    append_json_string(out_, name);
    out_.insert(quote + 1, prefix);
    out_ += ':';
}

void JsonObject::text(std::string_view key, std::string_view value) {
    begin(key);
    append_json_string(out_, value);
}

void JsonObject::texts(std::string_view key, std::span<const std::string> values) {
    begin(key);
    out_ += '[';
    for (const std::string& value : values) {
        if (&value != values.data()) out_ += ',';
        append_json_string(out_, value);
    }
    out_ += ']';
}

void JsonObject::integer(std::string_view key, std::int64_t value) {
    begin(key);
    append_integer(out_, value);
}

void JsonObject::number(std::string_view key, double value) {
    if (!std::isfinite(value)) return;
    begin(key);
    append_number(out_, value);
}

void JsonObject::text(std::string_view prefix, std::string_view name, std::string_view value) {
    begin(prefix, name);
    append_json_string(out_, value);
}

void JsonObject::number(std::string_view prefix, std::string_view name, double value) {
    if (!std::isfinite(value)) return;
    begin(prefix, name);
    append_number(out_, value);
}

void JsonObject::boolean(std::string_view key, bool value) {
    begin(key);
    out_ += value ? "true" : "false";
}

void JsonObject::seconds(std::string_view key, Duration value) {
    begin(key);
    constexpr std::uint64_t second = 1'000'000'000;
    const std::int64_t signed_ns = std::chrono::duration_cast<std::chrono::nanoseconds>(value).count();
    auto ns = static_cast<std::uint64_t>(signed_ns);
    if (signed_ns < 0) {
        out_ += '-';
        ns = 0 - ns;
    }
    append_integer(out_, static_cast<std::int64_t>(ns / second));
    if (ns % second == 0) return;
    out_ += '.';
    append_padded(out_, ns % second, 9);
    out_.erase(out_.find_last_not_of('0') + 1);
}

void JsonObject::time(std::string_view key, WallTime value) {
    using namespace std::chrono;
    begin(key);
    const auto day = floor<days>(value);
    const year_month_day date(day);
    const hh_mm_ss clock(floor<microseconds>(value - day));
    const auto number = [](auto count) { return static_cast<std::uint64_t>(count); };
    out_ += '"';
    append_padded(out_, number(static_cast<int>(date.year())), 4);
    out_ += '-';
    append_padded(out_, static_cast<unsigned>(date.month()), 2);
    out_ += '-';
    append_padded(out_, static_cast<unsigned>(date.day()), 2);
    out_ += 'T';
    append_padded(out_, number(clock.hours().count()), 2);
    out_ += ':';
    append_padded(out_, number(clock.minutes().count()), 2);
    out_ += ':';
    append_padded(out_, number(clock.seconds().count()), 2);
    out_ += '.';
    append_padded(out_, number(clock.subseconds().count()), 6);
    out_ += "Z\"";
}

}  // namespace tokenweir::tracing
