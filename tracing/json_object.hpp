/// Writes one JSON object onto the end of a string, member by member: no tree, no stream, no allocation of its own.
#pragma once

#include <array>
#include <cassert>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "observation/clock.hpp"

namespace tokenweir::tracing {

/// Longer string values are cut, at a code point.
inline constexpr std::size_t max_string_bytes = 1024;

class JsonObject {
public:
    /// Opens the object; `out` must outlive it. Everything here throws std::bad_alloc.
    explicit JsonObject(std::string& out) : out_(out) {}
    JsonObject(const JsonObject&) = delete;
    JsonObject& operator=(const JsonObject&) = delete;

    /// The last thing to call: `out` holds the whole object then.
    void close() {
        if (separator_ == '{') put('{');
        put('}');
        flush();
    }

    /// Keys are written as they are: literals of at most max_key_bytes that need no escape.
    static constexpr std::size_t max_key_bytes = 128;
    void text(std::string_view key, std::string_view value) {
        begin(key);
        string(value);
    }
    void texts(std::string_view key, std::span<const std::string> values);
    void json(std::string_view key, std::string_view value);  ///< taken for JSON, whole
    void integer(std::string_view key, std::int64_t value) {
        begin(key);
        put_integer(value);
    }
    void number(std::string_view key, double value) {  ///< not written unless finite
        if (!std::isfinite(value)) return;
        begin(key);
        put_number(value);
    }
    void boolean(std::string_view key, bool value) {
        begin(key);
        put(value ? "true" : "false");
    }
    void seconds(std::string_view key, Duration value) {  ///< at most 9 decimals
        begin(key);
        put_seconds(value);
    }
    void time(std::string_view key, WallTime value);  ///< RFC 3339, UTC, microseconds

    /// The member `prefix` + `name`, whose name somebody else chose.
    void text(std::string_view prefix, std::string_view name, std::string_view value);
    void number(std::string_view prefix, std::string_view name, double value);

private:
    static constexpr std::size_t room_bytes = 2048;  // for any key and its value, unless that is a string to escape

    /// Ends with that room. Inline: where the length of the key is known, copying it takes a few moves.
    [[gnu::always_inline]] void begin(std::string_view key) {
        assert(key.size() <= max_key_bytes);
        make_room();
        char* at = at_;
        *at++ = std::exchange(separator_, ',');
        *at++ = '"';
        std::memcpy(at, key.data(), key.size());
        at += key.size();
        *at++ = '"';
        *at++ = ':';
        at_ = at;
    }
    void begin(std::string_view prefix, std::string_view name);
    void string(std::string_view value);
    void string_to_escape(std::string_view value);
    void put(char c) noexcept { *at_++ = c; }
    void put(std::string_view bytes) noexcept {
        std::memcpy(at_, bytes.data(), bytes.size());
        at_ += bytes.size();
    }
    void put_integer(std::int64_t value) noexcept;
    void put_number(double value) noexcept;
    void put_seconds(Duration value) noexcept;
    void put_decimal(std::uint64_t whole, std::uint64_t fraction) noexcept;
    void put_digits(std::uint32_t number, int width) noexcept;
    void make_room() {
        if (at_ > buffer_.data() + buffer_.size() - room_bytes) flush();
    }
    void flush();

    // A member is put together here: appending each of its parts to the string would cost twice as much.
    std::array<char, 2 * room_bytes> buffer_;
    char* at_ = buffer_.data();
    std::string& out_;
    char separator_ = '{';  // before the next member
};

/// A JSON string, quotes included: control characters escaped, ill-formed UTF-8 replaced by U+FFFD, cut.
void append_json_string(std::string& out, std::string_view text, std::size_t max_bytes = max_string_bytes);

}  // namespace tokenweir::tracing
