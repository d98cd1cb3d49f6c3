/// The kinds of values a configuration holds. Each kind can say what it expects, read it from text and write it back.
///
/// parse() throws BadValue; print() gives text that parse() reads as the same value.
#pragma once

#include <charconv>
#include <chrono>
#include <cstddef>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "observation/config_error.hpp"
#include "proxy/config.hpp"

namespace tokenweir::proxy {

constexpr bool is_alphanumeric(char c) noexcept {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// Only what may stand in a path: pchar and '/' (RFC 3986 §3.3).
bool is_path_text(std::string_view text) noexcept;

/// Text without spaces and control characters: safe as a metric label and in a header.
bool is_visible_ascii(std::string_view text) noexcept;

/// What stands between commas, without the spaces around it.
std::vector<std::string_view> split_list(std::string_view text);

struct Switch {
    static std::string expects() { return "on or off"; }
    static void parse(std::string_view text, bool& out);
    static std::string print(bool value) { return value ? "on" : "off"; }
};

template <std::size_t min, std::size_t max>
struct Count {
    static std::string expects() { return "a whole number from " + std::to_string(min) + " to " + std::to_string(max); }
    template <class Number>
    static void parse(std::string_view text, Number& out) {
        static_assert(max <= std::numeric_limits<Number>::max());
        Number value{};
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
        // Compared as `value - min`, which wraps round below min: `value < 0` would be a warning where min is 0.
        if (error != std::errc() || end != text.data() + text.size() || value - min > max - min)
            throw BadValue("expected " + expects());
        out = value;
    }
    static std::string print(std::size_t value) { return std::to_string(value); }
};

/// Bytes: 64KiB, 8MiB, 1GiB, 1MB, or a plain number.
std::size_t parse_bytes(std::string_view text, std::size_t min, std::size_t max);
std::string print_bytes(std::size_t value);

template <std::size_t min, std::size_t max>
struct Bytes {
    static std::string expects() { return "a size from " + print_bytes(min) + " to " + print_bytes(max); }
    static void parse(std::string_view text, std::size_t& out) { out = parse_bytes(text, min, max); }
    static std::string print(std::size_t value) { return print_bytes(value); }
};

/// The same, or none: 0.
template <std::size_t min, std::size_t max>
struct OptionalBytes {
    static std::string expects() { return Bytes<min, max>::expects() + ", or off"; }
    static void parse(std::string_view text, std::size_t& out) {
        out = text == "off" || text == "0" ? 0 : parse_bytes(text, min, max);
    }
    static std::string print(std::size_t value) { return value == 0 ? "off" : print_bytes(value); }
};

/// Durations: 250ms, 1.5s, 600s, 5m, 2h, or a plain number of seconds; at most 7 days, in whole milliseconds.
std::chrono::milliseconds parse_duration(std::string_view text);
std::string print_duration(std::chrono::milliseconds value);

/// A limit in time; 0 or off: none.
struct TimeLimit {
    static std::string expects() { return "a duration such as 250ms, 30s or 5m, or off"; }
    static void parse(std::string_view text, std::chrono::milliseconds& out);
    static std::string print(std::chrono::milliseconds value);
};

/// A duration longer than none, kept in seconds.
struct Span {
    static std::string expects() { return "a duration such as 250ms, 30s or 5m"; }
    static void parse(std::string_view text, double& out);
    static std::string print(double seconds);
};

struct Address {
    static std::string expects() { return "ip:port"; }
    static void parse(std::string_view text, ListenAddress& out);
    static std::string print(const ListenAddress& value) { return value.to_string(); }
};

/// Where clients connect. As text: addresses with commas between them.
struct Addresses {
    static std::string expects() { return "ip:port, or a list"; }
    static void parse(std::string_view text, std::vector<Listener>& out);
    static std::string print(const std::vector<Listener>& value);
};

struct Url {
    static std::string expects() { return "http(s)://host[:port][/base/path]"; }
    static void parse(std::string_view text, UpstreamUrl& out);
    static std::string print(const UpstreamUrl& value) { return value.to_string(); }
};

/// The one upstream of a proxy without routes.
struct SingleUpstream {
    static std::string expects() { return Url::expects(); }
    static void parse(std::string_view text, Config& out);
    static std::string print(const Config& value);
};

/// A path prefix; "/" matches everything and is kept as "".
struct Prefix {
    static std::string expects() { return "/ or a path such as /openai"; }
    static void parse(std::string_view text, std::string& out);
    static std::string print(const std::string& value) { return value.empty() ? "/" : value; }
};

/// The same, or nothing.
struct OptionalPrefix {
    static std::string expects() { return "a path such as /openai, or off"; }
    static void parse(std::string_view text, std::string& out);
    static std::string print(const std::string& value) { return value.empty() ? "off" : value; }
};

/// What clients do that counts as an evaluation, with commas between.
struct ImplicitSignals {
    static constexpr bool is_list = true;
    static std::string expects() { return "none, or a list of regenerate and abort"; }
    static void parse(std::string_view text, Config& out);
    static std::string print(const Config& value);
};

/// A word that becomes a metric label.
struct Name {
    static std::string expects() { return "1 to 64 visible ASCII characters"; }
    static void parse(std::string_view text, std::string& out);
    static std::string print(const std::string& value) { return value; }
};

/// Any words, recorded as they are.
struct FreeText {
    static std::string expects() { return "1 to 64 bytes without control characters"; }
    static void parse(std::string_view text, std::string& out);
    static std::string print(const std::string& value) { return value; }
};

/// Which tags are labels, with commas between them.
struct TagNames {
    static constexpr bool is_list = true;
    static std::string expects() { return "a list of up to 4 names of a-z, 0-9 and _"; }
    static void parse(std::string_view text, std::vector<std::string>& out);
    static std::string print(const std::vector<std::string>& value);
};

/// Upper bounds of a histogram, with commas between them; none: those that are built in.
struct Bounds {
    static constexpr bool is_list = true;
    static std::string expects() { return "a list of up to 64 ascending numbers above 0"; }
    static void parse(std::string_view text, std::vector<double>& out);
    static std::string print(const std::vector<double>& value);
};

struct Dialect {
    static std::string expects() { return "v1.41, latest or both"; }
    static void parse(std::string_view text, GenAiDialect& out);
    static std::string print(GenAiDialect value);
};

/// The secret that opens the admin port; empty: none.
struct Token {
    static std::string expects() { return "at least 32 visible ASCII characters"; }
    static void parse(std::string_view text, std::string& out);
    static std::string print(const std::string& value) { return value; }
};

/// The secret of keyed hashes; empty: none.
struct HashSecret {
    static std::string expects() { return Token::expects(); }
    static void parse(std::string_view text, parsers::KeyedHash& out);
    static std::string print(const parsers::KeyedHash& value) { return value.secret(); }
};

struct Path {
    static std::string expects() { return "a path"; }
    static void parse(std::string_view text, std::string& out);
    static std::string print(const std::string& value) { return value; }
};

/// A path, or nothing.
struct OptionalPath {
    static std::string expects() { return "a path"; }
    static void parse(std::string_view text, std::string& out) { out = text; }
    static std::string print(const std::string& value) { return value; }
};

}  // namespace tokenweir::proxy
