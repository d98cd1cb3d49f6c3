/// JSON strings, written.
#pragma once

#include <string>
#include <string_view>

namespace tokenweir::mock {

/// `text` (UTF-8) with what RFC 8259 §7 wants escaped, without the quotes around it.
inline std::string escaped(std::string_view text) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string out;
    out.reserve(text.size());
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (byte < 0x20) {
            out += "\\u00";
            out += digits[byte >> 4];
            out += digits[byte & 0xf];
        } else {
            out += c;
        }
    }
    return out;
}

/// The same with the quotes.
inline std::string quoted(std::string_view text) { return '"' + escaped(text) + '"'; }

}  // namespace tokenweir::mock
