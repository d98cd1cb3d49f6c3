#include "tracing/json_object.hpp"

#include <algorithm>
#include <cassert>
#include <charconv>
#include <cmath>
#include <cstring>

#include "observation/utf8.hpp"

namespace tokenweir::tracing {
namespace {

bool is_plain(char c) noexcept { return c >= 0x20 && c < 0x7F && c != '"' && c != '\\'; }

/// Whether one of eight bytes is not plain.
bool has_special(const char* bytes) noexcept {
    constexpr std::uint64_t ones = 0x0101010101010101;
    constexpr std::uint64_t high = 0x80 * ones;
    const auto zero = [](std::uint64_t word) { return (word - ones) & ~word; };
    std::uint64_t word;
    std::memcpy(&word, bytes, sizeof word);
    const std::uint64_t special = (word - 0x20 * ones) | word | zero(word ^ ('"' * ones)) | zero(word ^ ('\\' * ones)) |
                                  zero(word ^ (0x7F * ones));
    return (special & high) != 0;
}

bool all_plain(std::string_view text) noexcept {
    if (text.size() < 8) return std::ranges::all_of(text, is_plain);
    const char* const last = text.data() + text.size() - 8;
    for (const char* at = text.data(); at < last; at += 8)
        if (has_special(at)) return false;
    return !has_special(last);
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

void append_json_string(std::string& out, std::string_view text, std::size_t max_bytes) {
    text = utf8_prefix(text, max_bytes);
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

void JsonObject::flush() {
    out_.append(buffer_.data(), static_cast<std::size_t>(at_ - buffer_.data()));
    at_ = buffer_.data();
}

void JsonObject::put(std::string_view bytes) noexcept {
    std::memcpy(at_, bytes.data(), bytes.size());
    at_ += bytes.size();
}

void JsonObject::put_integer(std::int64_t value) noexcept { at_ = std::to_chars(at_, at_ + 20, value).ptr; }

void JsonObject::put_number(double value) noexcept {
    constexpr double exact = 9007199254740992;  // 2^53
    if (std::fabs(value) <= exact && value == std::trunc(value)) return put_integer(static_cast<std::int64_t>(value));
    at_ = std::to_chars(at_, at_ + 32, value).ptr;
}

/// Exactly `width` digits.
void JsonObject::put_digits(std::uint64_t value, int width) noexcept {
    for (int i = width; i-- > 0; value /= 10) at_[i] = static_cast<char>('0' + value % 10);
    at_ += width;
}

/// Ends with room for any value but a string that has to be escaped.
void JsonObject::begin(std::string_view key) {
    assert(key.size() <= max_key_bytes);
    if (at_ > buffer_.data() + buffer_.size() - room_bytes) flush();
    if (!first_) put(',');
    first_ = false;
    put('"');
    put(key);
    put("\":");
}

void JsonObject::begin(std::string_view prefix, std::string_view name) {
    if (prefix.size() + name.size() <= max_key_bytes && all_plain(name)) {
        begin(prefix);
        at_ -= 2;  // the quote and the colon
        put(name);
        return put("\":");
    }
    if (!first_) put(',');
    first_ = false;
    flush();
    const std::size_t quote = out_.size();
    append_json_string(out_, name);
    out_.insert(quote + 1, prefix);
    put(':');
}

void JsonObject::string(std::string_view value) {
    if (value.size() <= max_string_bytes && all_plain(value)) {
        put('"');
        put(value);
        return put('"');
    }
    flush();
    append_json_string(out_, value);
}

void JsonObject::text(std::string_view key, std::string_view value) {
    begin(key);
    string(value);
}

void JsonObject::texts(std::string_view key, std::span<const std::string> values) {
    begin(key);
    put('[');
    for (const std::string& value : values) {
        if (at_ > buffer_.data() + buffer_.size() - room_bytes) flush();
        if (&value != values.data()) put(',');
        string(value);
    }
    put(']');
}

void JsonObject::json(std::string_view key, std::string_view value) {
    begin(key);
    flush();
    out_ += value;
}

void JsonObject::integer(std::string_view key, std::int64_t value) {
    begin(key);
    put_integer(value);
}

void JsonObject::number(std::string_view key, double value) {
    if (!std::isfinite(value)) return;
    begin(key);
    put_number(value);
}

void JsonObject::text(std::string_view prefix, std::string_view name, std::string_view value) {
    begin(prefix, name);
    string(value);
}

void JsonObject::number(std::string_view prefix, std::string_view name, double value) {
    if (!std::isfinite(value)) return;
    begin(prefix, name);
    put_number(value);
}

void JsonObject::boolean(std::string_view key, bool value) {
    begin(key);
    put(value ? "true" : "false");
}

void JsonObject::seconds(std::string_view key, Duration value) {
    begin(key);
    constexpr std::uint64_t second = 1'000'000'000;
    const std::int64_t signed_ns = std::chrono::duration_cast<std::chrono::nanoseconds>(value).count();
    auto ns = static_cast<std::uint64_t>(signed_ns);
    if (signed_ns < 0) {
        put('-');
        ns = 0 - ns;
    }
    put_integer(static_cast<std::int64_t>(ns / second));
    if (ns % second == 0) return;
    put('.');
    put_digits(ns % second, 9);
    while (at_[-1] == '0') --at_;
}

void JsonObject::time(std::string_view key, WallTime value) {
    using namespace std::chrono;
    begin(key);
    const auto day = floor<days>(value);
    const year_month_day date(day);
    const hh_mm_ss clock(floor<microseconds>(value - day));
    const auto number = [](auto count) { return static_cast<std::uint64_t>(count); };
    put('"');
    put_digits(number(static_cast<int>(date.year())), 4);
    put('-');
    put_digits(static_cast<unsigned>(date.month()), 2);
    put('-');
    put_digits(static_cast<unsigned>(date.day()), 2);
    put('T');
    put_digits(number(clock.hours().count()), 2);
    put(':');
    put_digits(number(clock.minutes().count()), 2);
    put(':');
    put_digits(number(clock.seconds().count()), 2);
    put('.');
    put_digits(number(clock.subseconds().count()), 6);
    put("Z\"");
}

}  // namespace tokenweir::tracing
