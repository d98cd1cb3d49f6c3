/// A text as JSON writes it.
#pragma once

#include <string>
#include <string_view>

namespace tokenweir {

/// ASCII that stands in a JSON string as it is.
constexpr bool is_plain_in_json(char c) noexcept { return c >= 0x20 && c < 0x7F && c != '"' && c != '\\'; }

/// Writes `text` as a JSON string (RFC 8259 §7), quotes included; what is no UTF-8 becomes U+FFFD.
void append_json_string(std::string& out, std::string_view text);

}  // namespace tokenweir
