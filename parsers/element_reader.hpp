/// Reads one captured element of a request, with what is known of the strings that were cut in it.
#pragma once

#include <algorithm>
#include <string_view>

#include "parsers/content_scanner.hpp"
#include "parsers/content_writer.hpp"
#include "parsers/json_document.hpp"

namespace tokenweir::parsers {

class ElementReader {
public:
    /// A JsonDocument is open while this lives. `element` outlives it.
    explicit ElementReader(const CapturedElement& element) : element_(element), document_(element.json) {}

    JsonMembers members() noexcept { return document_.members(); }

    /// A string's content, or any other value as JSON. Valid as long as the reader.
    ContentText text(const JsonValue& value) const {
        if (value.is_string()) {
            const std::string_view raw = value.raw_string();
            return {.raw = raw, .cut = element_.cut_at(document_.offset_of(raw))};
        }
        const std::string_view raw = value.raw();
        const std::size_t begin = document_.offset_of(raw);
        const auto inside = [&](const auto& entry) { return entry.first >= begin && entry.first < begin + raw.size(); };
        return {.raw = raw, .json = true, .shortened = std::ranges::any_of(element_.cut, inside)};
    }

private:
    const CapturedElement& element_;
    JsonDocument document_;
};

/// The whole of an element that is a string; nothing if it is something else.
inline ContentText string_element(const CapturedElement& element) {
    const std::string_view json = element.json;
    if (json.size() < 2 || json.front() != '"') return {};
    return {.raw = json.substr(1, json.size() - 2), .cut = element.cut_at(1)};
}

}  // namespace tokenweir::parsers
