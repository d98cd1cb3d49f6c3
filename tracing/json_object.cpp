#include "tracing/json_object.hpp"

#include <bit>
#include <charconv>

#include "observation/hex.hpp"
#include "observation/json_string.hpp"
#include "observation/utf8.hpp"

namespace tokenweir::tracing {
namespace {

__extension__ using Wide = unsigned __int128;

/// Copies text of at least a Word, so many bytes at a time, the last ones up to its end. Whether all of it was plain.
template <class Word>
bool copy_blocks(char* to, std::string_view text) noexcept {
    typedef signed char Bytes __attribute__((vector_size(sizeof(Word))));
    Bytes special{};
    const auto copy = [&](std::size_t at) {
        Bytes bytes;
        std::memcpy(&bytes, text.data() + at, sizeof bytes);
        std::memcpy(to + at, &bytes, sizeof bytes);
        special |= (bytes < 0x20) | (bytes == '"') | (bytes == '\\') | (bytes == 0x7F);  // those from 0x80 on are < 0
    };
    const std::size_t last = text.size() - sizeof(Word);
    for (std::size_t at = 0; at < last; at += sizeof(Word)) copy(at);
    copy(last);
    return std::bit_cast<Word>(special) == 0;
}

/// Copies the text as it is. Whether that was right: all of it was plain.
bool copy_plain(char* to, std::string_view text) noexcept {
    if (text.size() >= 16) return copy_blocks<Wide>(to, text);
    if (text.size() >= 8) return copy_blocks<std::uint64_t>(to, text);
    if (text.size() >= 4) return copy_blocks<std::uint32_t>(to, text);
    bool plain = true;
    for (const char c : text) plain = is_plain_in_json(*to++ = c) && plain;
    return plain;
}

/// The eight decimal digits of `number`, the first one in the highest byte. Halves it three times, all parts at once.
/// Requires: less than 100,000,000.
std::uint64_t eight_digits(std::uint32_t number) noexcept {
    constexpr std::uint64_t of_four = 0x0000'007f'0000'007f, of_two = 0x000f'000f'000f'000f;
    const std::uint64_t fours = std::uint64_t{number / 10'000} << 32 | number % 10'000;
    const std::uint64_t hundreds = fours * 5243 >> 19 & of_four;
    const std::uint64_t twos = hundreds << 16 | (fours - hundreds * 100);
    const std::uint64_t tens = twos * 103 >> 10 & of_two;
    return tens << 8 | (twos - tens * 10);
}

/// Writes the last `width` of such digits, and something behind them up to eight bytes. Returns their end.
char* write_digits(char* to, std::uint64_t digits, int width) noexcept {
    const std::uint64_t text = big_endian((digits << (64 - 8 * width)) + 0x3030'3030'3030'3030);
    std::memcpy(to, &text, sizeof text);
    return to + width;
}

}  // namespace

void append_json_string(std::string& out, std::string_view text, std::size_t max_bytes) {
    tokenweir::append_json_string(out, utf8_prefix(text, max_bytes));
}

void JsonObject::flush() {
    out_.append(buffer_.data(), static_cast<std::size_t>(at_ - buffer_.data()));
    at_ = buffer_.data();
}

void JsonObject::put_integer(std::int64_t value) noexcept {
    if (value >= 0 && value < 10) return put(static_cast<char>('0' + value));
    if (value < 0 || value >= 100'000'000) {
        at_ = std::to_chars(at_, at_ + 20, value).ptr;
        return;
    }
    const std::uint64_t digits = eight_digits(static_cast<std::uint32_t>(value));
    at_ = write_digits(at_, digits, 8 - std::countl_zero(digits | 1) / 8);
}

/// The fewest digits that say which double it is. Of at most 15 there is only one choice.
void JsonObject::put_number(double value) noexcept {
    const double size = std::fabs(value);
    if (size < 9e15)  // less than 2^53
        if (const auto whole = static_cast<std::int64_t>(value); static_cast<double>(whole) == value)
            return put_integer(whole);
    if (size < 1000) {
        constexpr std::uint64_t scale = 1'000'000'000'000;  // costs are picodollars
        const double nearly = size * static_cast<double>(scale) + 0.5;
        const auto scaled = static_cast<std::uint64_t>(nearly);  // the division tells whether that is it
        if (static_cast<double>(scaled) / static_cast<double>(scale) == size) {
            if (value < 0) put('-');
            return put_decimal(scaled / scale, scaled % scale * 10'000);
        }
    }
    at_ = std::to_chars(at_, at_ + 32, value).ptr;
}

void JsonObject::put_seconds(Duration value) noexcept {
    constexpr std::uint64_t second = 1'000'000'000;
    const std::int64_t signed_ns = std::chrono::duration_cast<std::chrono::nanoseconds>(value).count();
    auto ns = static_cast<std::uint64_t>(signed_ns);
    if (signed_ns < 0) {
        put('-');
        ns = 0 - ns;
    }
    put_decimal(ns / second, ns % second * 10'000'000);
}

/// `whole` and a fraction of 16 decimals, those at the end that are 0 left out.
void JsonObject::put_decimal(std::uint64_t whole, std::uint64_t fraction) noexcept {
    put_integer(static_cast<std::int64_t>(whole));
    if (fraction == 0) return;
    constexpr std::uint64_t half = 100'000'000;
    const std::uint64_t first = eight_digits(static_cast<std::uint32_t>(fraction / half)),
                        second = eight_digits(static_cast<std::uint32_t>(fraction % half));
    put('.');
    write_digits(write_digits(at_, first, 8), second, 8);
    at_ += second != 0 ? 16 - std::countr_zero(second) / 8 : 8 - std::countr_zero(first) / 8;
}

/// The last `width` of the number's eight digits.
void JsonObject::put_digits(std::uint32_t number, int width) noexcept {
    at_ = write_digits(at_, eight_digits(number), width);
}

void JsonObject::begin(std::string_view prefix, std::string_view name) {
    make_room();
    put(std::exchange(separator_, ','));
    if (prefix.size() + name.size() <= max_key_bytes && copy_plain(at_ + 1 + prefix.size(), name)) {
        put('"');
        put(prefix);
        at_ += name.size();
        return put("\":");
    }
    flush();
    const std::size_t quote = out_.size();
    append_json_string(out_, name);
    out_.insert(quote + 1, prefix);
    put(':');
}

void JsonObject::string(std::string_view value) {
    char* const at = at_;
    if (value.size() > max_string_bytes || !copy_plain(at + 1, value)) return string_to_escape(value);
    *at = '"';
    at[value.size() + 1] = '"';
    at_ = at + value.size() + 2;
}

[[gnu::noinline]] void JsonObject::string_to_escape(std::string_view value) {
    flush();
    append_json_string(out_, value);
}

void JsonObject::texts(std::string_view key, std::span<const std::string> values) {
    begin(key);
    put('[');
    for (const std::string& value : values) {
        make_room();
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

void JsonObject::text(std::string_view prefix, std::string_view name, std::string_view value) {
    begin(prefix, name);
    string(value);
}

void JsonObject::number(std::string_view prefix, std::string_view name, double value) {
    if (!std::isfinite(value)) return;
    begin(prefix, name);
    put_number(value);
}

void JsonObject::time(std::string_view key, WallTime value) {
    using namespace std::chrono;
    begin(key);
    const auto day = floor<days>(value);
    const year_month_day date(day);
    const hh_mm_ss clock(floor<microseconds>(value - day));
    const auto number = [](auto count) { return static_cast<std::uint32_t>(count); };
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
