/// A second reading of HTTP/1.1 messages, as narrow as RFC 9112 allows, written apart from the guard and in another
/// manner: whole messages, regular expressions, no state. What the guard lets out has to be readable by it.
#pragma once

#include <algorithm>
#include <cctype>
#include <optional>
#include <regex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tokenweir::test {

struct StrictField {
    std::string name;  ///< in lower case
    std::string value;
    bool operator==(const StrictField&) const = default;
};

struct StrictMessage {
    std::string start_line;
    std::vector<StrictField> fields;
    std::string framing;  ///< "none", "length N", "chunked" or, for responses, "close"

    std::vector<std::string> values(std::string_view name) const {
        std::vector<std::string> found;
        for (const auto& field : fields)
            if (field.name == name) found.push_back(field.value);
        return found;
    }

    bool operator==(const StrictMessage&) const = default;
};

inline std::optional<StrictMessage> read_strictly(std::string_view head, const std::regex& start_line) {
    if (head.size() < 4 || head.substr(head.size() - 4) != "\r\n\r\n") return {};
    head.remove_suffix(2);
    StrictMessage message;
    bool first = true;
    while (!head.empty()) {
        const auto end = head.find("\r\n");
        std::string line(head.substr(0, end));
        head.remove_prefix(end + 2);
        if (first) {
            if (!std::regex_match(line, start_line)) return {};
            message.start_line = line;
            first = false;
            continue;
        }
        static const std::regex field_line("([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \\t]*([\\t\\x20-\\x7e\\x80-\\xff]*)");
        std::smatch parts;
        if (!std::regex_match(line, parts, field_line)) return {};
        StrictField field{parts[1], parts[2]};
        for (char& c : field.name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
        while (!field.value.empty() && (field.value.back() == ' ' || field.value.back() == '\t'))
            field.value.pop_back();
        message.fields.push_back(std::move(field));
    }
    const auto lengths = message.values("content-length");
    const auto codings = message.values("transfer-encoding");
    if (lengths.size() + codings.size() > 1) return {};
    if (!lengths.empty()) {
        if (!std::regex_match(lengths[0], std::regex("[0-9]{1,19}"))) return {};
        message.framing = "length " + std::to_string(std::stoull(lengths[0]));
    } else if (!codings.empty()) {
        if (!std::regex_match(codings[0], std::regex("[Cc][Hh][Uu][Nn][Kk][Ee][Dd]"))) return {};
        message.framing = "chunked";
    }
    return message;
}

/// Nothing if it is not a request head that every recipient reads alike.
inline std::optional<StrictMessage> read_request_strictly(std::string_view head) {
    static const std::regex start_line("[!#$%&'*+.^_`|~0-9A-Za-z-]+ (/[\\x21-\\x22\\x24-\\x7e]*|\\*) HTTP/1\\.1");
    auto message = read_strictly(head, start_line);
    if (!message || message->values("host").size() != 1 || message->fields.front().name != "host") return {};
    if (message->framing.empty()) message->framing = "none";
    return message;
}

/// Nothing if it is not a response head that every recipient reads alike.
inline std::optional<StrictMessage> read_response_strictly(std::string_view head) {
    static const std::regex start_line("HTTP/1\\.1 [1-5][0-9][0-9] [\\t\\x20-\\x7e\\x80-\\xff]*");
    auto message = read_strictly(head, start_line);
    if (!message) return {};
    const bool bodiless = message->start_line[9] == '1' || message->start_line.substr(9, 3) == "204";
    if (bodiless && !message->framing.empty()) return {};
    if (message->framing.empty()) message->framing = bodiless ? "none" : "close";
    return message;
}

}  // namespace tokenweir::test
