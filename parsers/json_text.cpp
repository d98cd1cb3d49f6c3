// The escapes of JSON strings, numbers, and brackets.
#include "parsers/json_text.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>

namespace tokenweir::parsers {

namespace {

constexpr std::uint32_t replacement = 0xFFFD;

/// The code unit of "\uXXXX" at the front of `raw`.
std::optional<std::uint32_t> code_unit(std::string_view raw) noexcept {
    if (raw.size() < 6 || !raw.starts_with("\\u")) return std::nullopt;
    std::uint32_t unit = 0;
    const auto [end, error] = std::from_chars(raw.data() + 2, raw.data() + 6, unit, 16);
    if (error != std::errc() || end != raw.data() + 6) return std::nullopt;
    return unit;
}

void append_utf8(std::string& text, std::uint32_t point) {
    const auto put = [&text](std::uint32_t byte) { text += static_cast<char>(byte); };
    if (point < 0x80) {
        put(point);
    } else if (point < 0x800) {
        put(0xC0 | point >> 6);
        put(0x80 | (point & 0x3F));
    } else if (point < 0x10000) {
        put(0xE0 | point >> 12);
        put(0x80 | (point >> 6 & 0x3F));
        put(0x80 | (point & 0x3F));
    } else {
        put(0xF0 | point >> 18);
        put(0x80 | (point >> 12 & 0x3F));
        put(0x80 | (point >> 6 & 0x3F));
        put(0x80 | (point & 0x3F));
    }
}

/// Takes one or two \u escapes off the front; false when it is cut short or not hexadecimal.
bool take_unicode(std::string_view& raw, std::string& text) {
    const auto high = code_unit(raw);
    if (!high) return false;
    raw.remove_prefix(6);
    std::uint32_t point = *high;
    if (point >= 0xD800 && point < 0xE000) {
        const auto low = point < 0xDC00 ? code_unit(raw) : std::nullopt;
        if (low && *low >= 0xDC00 && *low < 0xE000) {
            raw.remove_prefix(6);
            point = 0x10000 + ((point - 0xD800) << 10) + (*low - 0xDC00);
        } else {
            point = replacement;
        }
    }
    append_utf8(text, point);
    return true;
}

/// Few enough digits to fit a double, a point among them perhaps: the quotient of two numbers that do is the double
/// next to what is written.
std::optional<double> short_number(std::string_view text) noexcept {
    constexpr std::size_t exact_digits = 15;
    std::int64_t digits = 0, scale = 0;  // 0: no point has come
    if (text.empty() || text.size() > exact_digits) return std::nullopt;
    for (const char c : text) {
        const unsigned digit = static_cast<unsigned char>(c) - unsigned{'0'};
        if (digit > 9) {
            if (c != '.' || scale != 0) return std::nullopt;
            scale = 1;
            continue;
        }
        digits = digits * 10 + digit;
        scale *= 10;
    }
    if (scale == 1) return std::nullopt;  // the point is the last
    return static_cast<double>(digits) / static_cast<double>(std::max<std::int64_t>(scale, 1));
}

char simple_escape(char c) noexcept {
    switch (c) {
        case '"':
        case '\\':
        case '/': return c;
        case 'b': return '\b';
        case 'f': return '\f';
        case 'n': return '\n';
        case 'r': return '\r';
        case 't': return '\t';
        default: return '\0';
    }
}

}  // namespace

std::optional<std::string> unescape_json(std::string_view raw) {
    std::string text;
    for (std::size_t backslash; (backslash = raw.find('\\')) != std::string_view::npos;) {
        text.append(raw.substr(0, backslash));
        raw.remove_prefix(backslash);
        if (raw.size() < 2) return std::nullopt;
        if (raw[1] == 'u') {
            if (!take_unicode(raw, text)) return std::nullopt;
            continue;
        }
        const char c = simple_escape(raw[1]);
        if (c == '\0') return std::nullopt;
        text += c;
        raw.remove_prefix(2);
    }
    text.append(raw);
    return text;
}

std::optional<double> parse_number(std::string_view text) noexcept {
    if (const auto value = short_number(text)) return value;
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
    return value;
}

bool is_unfinished(std::string_view json) noexcept {
    bool in_string = false;
    std::ptrdiff_t open = 0;
    for (std::size_t i = 0; i < json.size(); ++i) {
        const char c = json[i];
        if (c == '"')
            in_string = !in_string;
        else if (in_string)
            i += c == '\\' ? 1 : 0;
        else if (c == '{' || c == '[')
            ++open;
        else if (c == '}' || c == ']')
            --open;
    }
    return in_string || open > 0;
}

}  // namespace tokenweir::parsers
