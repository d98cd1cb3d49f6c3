#include "observation/json_string.hpp"

#include <algorithm>

#include "observation/utf8.hpp"

namespace tokenweir {

namespace {

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
    out += '"';
    while (!text.empty()) {
        const auto plain = static_cast<std::size_t>(std::ranges::find_if_not(text, is_plain_in_json) - text.begin());
        out += text.substr(0, plain);
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

}  // namespace tokenweir
