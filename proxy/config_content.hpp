/// The kinds of values that say what is recorded of what is said, and what is taken out of it.
///
/// parse() throws BadValue; print() gives text that parse() reads as the same value.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "parsers/content_options.hpp"

namespace tokenweir::proxy {

struct Capture {
    static std::string expects() { return "off, metadata or full"; }
    static void parse(std::string_view text, parsers::ContentCapture& out);
    static std::string print(parsers::ContentCapture value);
};

/// Of a route, where it may be absent.
struct RouteCapture {
    static std::string expects() { return Capture::expects(); }
    static void parse(std::string_view text, std::optional<parsers::ContentCapture>& out);
    static std::string print(std::optional<parsers::ContentCapture> value) {
        return value ? Capture::print(*value) : std::string();
    }
};

/// Which of the built-in rules apply.
struct BuiltinRules {
    static constexpr bool is_list = true;
    static std::string expects() { return "none, or a list of email, card, phone and key"; }
    static void parse(std::string_view text, parsers::Redaction& out);
    static std::string print(const parsers::Redaction& value);
};

struct RegularExpression {
    static std::string expects() { return "a regular expression in RE2's syntax"; }
    static void parse(std::string_view text, std::string& out);
    static std::string print(const std::string& value) { return value; }
};

}  // namespace tokenweir::proxy
