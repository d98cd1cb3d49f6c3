/// Small services on raw JSON text that need no parser.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tokenweir::parsers {

/// A JSON string's content with its escapes undone (RFC 8259 §7), as UTF-8. `raw` stands without the quotes around it.
/// Nothing for an escape that does not exist or is cut short; a lone surrogate becomes U+FFFD. Bytes that are not
/// escapes pass unchecked.
std::optional<std::string> unescape_json(std::string_view raw);

}  // namespace tokenweir::parsers
