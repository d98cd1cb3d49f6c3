/// Writes nested JSON onto the end of a string; the commas are its business.
#pragma once

#include <array>
#include <charconv>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "observation/trace_context.hpp"
#include "tracing/json_object.hpp"

namespace tokenweir::tracing {

class JsonWriter {
public:
    explicit JsonWriter(std::string& out) : out_(out) {}

    JsonWriter& open(char bracket) {  ///< { or [
        separate();
        out_ += bracket;
        first_ = true;
        return *this;
    }
    JsonWriter& close(char bracket) {
        out_ += bracket;
        first_ = false;
        return *this;
    }

    /// `key` needs no escape; a value follows.
    JsonWriter& key(std::string_view key) {
        separate();
        out_.append(1, '"').append(key).append("\":");
        first_ = true;  // no comma before the value
        return *this;
    }

    JsonWriter& text(std::string_view value, std::size_t max_bytes = max_string_bytes) {
        separate();
        append_json_string(out_, value, max_bytes);
        return *this;
    }
    /// An id of a trace, in hexadecimal.
    template <std::size_t size>
    JsonWriter& hex(const std::array<std::uint8_t, size>& id) {
        const auto digits = to_hex(id);
        return raw('"' + std::string(digits.data(), digits.size()) + '"');
    }
    /// Takes `value` for JSON.
    JsonWriter& raw(std::string_view value) {
        separate();
        out_ += value;
        return *this;
    }
    JsonWriter& integer(std::integral auto value) { return raw(std::to_string(value)); }
    /// A 64-bit number in protobuf's JSON.
    JsonWriter& quoted(std::integral auto value) { return raw('"' + std::to_string(value) + '"'); }
    /// Requires: finite.
    JsonWriter& number(double value) {
        std::array<char, 32> digits{};
        return raw({digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr});
    }
    JsonWriter& boolean(bool value) { return raw(value ? "true" : "false"); }

private:
    void separate() {
        if (!first_) out_ += ',';
        first_ = false;
    }

    std::string& out_;
    bool first_ = true;
};

}  // namespace tokenweir::tracing
