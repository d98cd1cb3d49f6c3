/// A second reading of HTTP/1.1 messages, as narrow as RFC 9112 allows, written apart from the guard and in another
/// manner: whole messages, whole lines, alphabets spelled out, no state. What the guard lets out has to be readable by
/// it.
#pragma once

#include <cctype>
#include <optional>
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

namespace strict {

inline const std::string digits = "0123456789";
inline const std::string letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
inline const std::string token = digits + letters + "!#$%&'*+-.^_`|~";
inline const std::string visible = token + "\"(),/:;<=>?@[\\]{}";

inline bool only(std::string_view text, std::string_view alphabet) {
    return text.find_first_not_of(alphabet) == std::string_view::npos;
}

inline bool is_text(std::string_view text) {
    for (const char c : text)
        if (c != '\t' && (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)) return false;
    return true;
}

inline std::string lower(std::string_view text) {
    std::string lowered(text);
    for (char& c : lowered) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return lowered;
}

/// Cuts the first line off. Nothing without CRLF, or with a CR or LF elsewhere in the line.
inline std::optional<std::string_view> line(std::string_view& bytes) {
    const auto end = bytes.find("\r\n");
    if (end == std::string_view::npos) return {};
    const auto first = bytes.substr(0, end);
    if (first.find_first_of("\r\n") != std::string_view::npos) return {};
    bytes.remove_prefix(end + 2);
    return first;
}

inline std::optional<StrictField> field(std::string_view text) {
    const auto colon = text.find(':');
    if (colon == std::string_view::npos || colon == 0) return {};
    std::string_view value = text.substr(colon + 1);
    if (!only(text.substr(0, colon), token) || !is_text(value)) return {};
    const auto first = value.find_first_not_of(" \t");
    value = first == std::string_view::npos ? "" : value.substr(first, value.find_last_not_of(" \t") - first + 1);
    return StrictField{lower(text.substr(0, colon)), std::string(value)};
}

/// Fields up to and with the empty line, which has to be there.
inline std::optional<std::vector<StrictField>> fields(std::string_view& bytes) {
    std::vector<StrictField> read;
    while (const auto text = line(bytes)) {
        if (text->empty()) return read;
        auto one = field(*text);
        if (!one) return {};
        read.push_back(std::move(*one));
    }
    return {};
}

inline std::optional<StrictMessage> message(std::string_view head, const std::string& without_framing) {
    const auto start_line = line(head);
    auto read = start_line ? fields(head) : std::nullopt;
    if (!read || !head.empty()) return {};
    StrictMessage whole{std::string(*start_line), std::move(*read), without_framing};
    const auto lengths = whole.values("content-length");
    const auto codings = whole.values("transfer-encoding");
    if (lengths.size() + codings.size() > 1) return {};
    if (lengths.size() == 1) {
        if (lengths[0].empty() || lengths[0].size() > 19 || !only(lengths[0], digits)) return {};
        whole.framing = "length " + std::to_string(std::stoull(lengths[0]));
    }
    if (codings.size() == 1) {
        if (lower(codings[0]) != "chunked") return {};
        whole.framing = "chunked";
    }
    return whole;
}

}  // namespace strict

/// Nothing if it is not a request head, with Host first, that every recipient reads alike.
inline std::optional<StrictMessage> read_request_strictly(std::string_view head) {
    auto message = strict::message(head, "none");
    if (!message || message->values("host").size() != 1 || message->fields.front().name != "host") return {};
    const std::string_view line = message->start_line;
    const auto first = line.find(' ');
    const auto last = line.rfind(' ');
    if (first == std::string_view::npos || first == 0 || first == last || line.substr(last) != " HTTP/1.1") return {};
    const auto target = line.substr(first + 1, last - first - 1);
    if (!strict::only(line.substr(0, first), strict::token)) return {};
    if (target != "*" && (target.empty() || target[0] != '/')) return {};
    if (!strict::only(target, strict::visible) || target.find('#') != std::string_view::npos) return {};
    return message;
}

/// Nothing if it is not a response head that every recipient reads alike.
inline std::optional<StrictMessage> read_response_strictly(std::string_view head) {
    auto message = strict::message(head, "");
    if (!message) return {};
    const std::string_view line = message->start_line;
    if (line.size() < 13 || line.substr(0, 9) != "HTTP/1.1 " || line[12] != ' ') return {};
    if (!strict::only(line.substr(9, 3), strict::digits) || line[9] < '1' || line[9] > '5') return {};
    if (!strict::is_text(line.substr(13))) return {};
    const bool bodiless = line[9] == '1' || line.substr(9, 3) == "204";
    if (bodiless && !message->framing.empty()) return {};
    if (message->framing.empty()) message->framing = bodiless ? "none" : "close";
    return message;
}

struct StrictBody {
    std::string payload;
    std::size_t bytes = 0;  ///< of the body with its framing
    std::vector<StrictField> trailers;
};

/// Nothing if the bytes do not begin with a whole chunked body that every recipient reads alike.
inline std::optional<StrictBody> read_chunked_strictly(std::string_view bytes) {
    const std::size_t all = bytes.size();
    StrictBody body;
    while (const auto line = strict::line(bytes)) {
        const auto size_end = line->find_first_of("; \t");
        const std::string size(line->substr(0, size_end));
        if (size.empty() || size.size() > 16 || !strict::only(size, strict::digits + "abcdefABCDEF")) return {};
        if (!strict::is_text(line->substr(size.size()))) return {};
        const auto left = std::stoull(size, nullptr, 16);
        if (left == 0) {
            auto trailers = strict::fields(bytes);
            if (!trailers) return {};
            body.trailers = std::move(*trailers);
            body.bytes = all - bytes.size();
            return body;
        }
        if (bytes.size() < 2 || left > bytes.size() - 2 || bytes.substr(left, 2) != "\r\n") return {};
        body.payload += bytes.substr(0, left);
        bytes.remove_prefix(left + 2);
    }
    return {};
}

}  // namespace tokenweir::test
