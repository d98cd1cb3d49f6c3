/// Writes one JSON object onto the end of a string, member by member: no tree, no stream, no allocation of its own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "observation/clock.hpp"

namespace tokenweir::tracing {

/// Longer string values are cut, at a code point.
inline constexpr std::size_t max_string_bytes = 1024;

class JsonObject {
public:
    /// Opens the object; `out` must outlive it.
    explicit JsonObject(std::string& out) : out_(out) { out_ += '{'; }
    ~JsonObject() { out_ += '}'; }
    JsonObject(const JsonObject&) = delete;
    JsonObject& operator=(const JsonObject&) = delete;

    /// Keys are written as they are; the caller's are literals that need no escape.
    void text(std::string_view key, std::string_view value);
    void texts(std::string_view key, std::span<const std::string> values);
    void integer(std::string_view key, std::int64_t value);
    void number(std::string_view key, double value);  ///< not written unless finite
    void boolean(std::string_view key, bool value);
    void seconds(std::string_view key, Duration value);  ///< at most 9 decimals
    void time(std::string_view key, WallTime value);     ///< RFC 3339, UTC, microseconds

    /// The member `prefix` + `name`, whose name somebody else chose.
    void text(std::string_view prefix, std::string_view name, std::string_view value);
    void number(std::string_view prefix, std::string_view name, double value);

private:
    void begin(std::string_view key);
    void begin(std::string_view prefix, std::string_view name);

    std::string& out_;
    bool first_ = true;
};

/// A JSON string, quotes included: control characters escaped, ill-formed UTF-8 replaced by U+FFFD, cut.
void append_json_string(std::string& out, std::string_view text);

}  // namespace tokenweir::tracing
