#include "proxy/field_section.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include "proxy/http_chars.hpp"

namespace tokenweir::proxy {

namespace {

enum class Known : std::uint8_t {
    other,
    host,
    connection,
    content_length,
    transfer_encoding,
    expect,
    upgrade,
    call_id,
    hop_by_hop
};

/// Known names have different lengths or are two to a length, so that most fields cost one comparison of numbers.
Known classify(std::string_view name) noexcept {
    const auto is = [name](std::string_view candidate) {
        return ascii_lower(name.front()) == candidate.front() && iequals(name, candidate);
    };
    const auto known = [is](std::string_view candidate, Known as) { return is(candidate) ? as : Known::other; };
    switch (name.size()) {
        case 2: return known("te", Known::hop_by_hop);
        case 4: return known("host", Known::host);
        case 6: return known("expect", Known::expect);
        case 7: return is("upgrade") ? Known::upgrade : known("trailer", Known::hop_by_hop);
        case 10: return is("connection") ? Known::connection : known("keep-alive", Known::hop_by_hop);
        case 14: return is("content-length") ? Known::content_length : known("http2-settings", Known::hop_by_hop);
        case 16: return known("proxy-connection", Known::hop_by_hop);
        case 17: return known("transfer-encoding", Known::transfer_encoding);
        case 18: return known("proxy-authenticate", Known::hop_by_hop);
        case 19: return is(call_id_field) ? Known::call_id : known("proxy-authorization", Known::hop_by_hop);
        case 25: return known("proxy-authentication-info", Known::hop_by_hop);
        default: return Known::other;
    }
}

/// Fields that are for every recipient of the message, so that no hop may be told to take them away.
constexpr std::array<std::string_view, 13> end_to_end{
    "host",          "content-length", "transfer-encoding", "content-type", "content-encoding", "content-range",
    "authorization", "cookie",         "set-cookie",        "x-api-key",    "api-key",          "x-goog-api-key",
    "expect",
};

bool is_end_to_end(std::string_view name) noexcept {
    return std::any_of(end_to_end.begin(), end_to_end.end(),
                       [name](std::string_view field) { return iequals(field, name); });
}

/// `at` is where the name's token ended without a colon.
Refusal bad_name(std::string_view text, std::size_t line, std::size_t at) noexcept {
    const char c = text[at];
    if (at == line) {
        if (chars::is(c, chars::blank)) {
            return {400, "a field line starts with white space; folded lines are not accepted (RFC 9112 section 5.2)"};
        }
        if (c == ':') return {400, "a field line has an empty name"};
    }
    if (chars::is(c, chars::blank))
        return {400, "white space between a field name and its colon (RFC 9112 section 5.1)"};
    if (c == '\r' || c == '\n') return {400, "a field line without a colon, or a CR or LF inside a field name"};
    return {400, "a field name holds a byte that is not allowed in a token (RFC 9110 section 5.6.2)"};
}

/// `at` is where the value's text ended without CRLF.
Refusal bad_value(std::string_view text, std::size_t at) noexcept {
    if (text[at] == '\r') return {400, "a CR inside a field value (RFC 9112 section 2.2)"};
    if (text[at] == '\n') return {400, "a field line ends in LF without CR; lines end in CRLF"};
    return {400, "a field value holds a control byte (RFC 9110 section 5.5)"};
}

bool set_once(std::optional<std::string_view>& slot, std::string_view value) noexcept {
    if (slot) return false;
    slot = value;
    return true;
}

constexpr Refusal second_host{400, "more than one Host field (RFC 9112 section 3.2)"};
constexpr Refusal second_length{400, "more than one Content-Length field"};
constexpr Refusal second_coding{400, "more than one Transfer-Encoding field"};

/// Notes a field, which is number `i`, and whether it stays on this hop. Returns why the head must be refused, or null.
const Refusal* note(MessageKind kind, Field field, std::size_t i, FieldSection& section, FieldFacts& facts) {
    switch (classify(field.name)) {
        case Known::other: break;
        case Known::host:
            if (kind == MessageKind::response) break;
            section.dropped.push_back(i);
            if (!set_once(facts.host, field.value)) return &second_host;
            break;
        case Known::content_length:
            if (!set_once(facts.content_length, field.value)) return &second_length;
            break;
        case Known::transfer_encoding:
            if (!set_once(facts.transfer_encoding, field.value)) return &second_coding;
            break;
        case Known::expect:
            if (!set_once(facts.expect, field.value)) facts.repeated_expect = true;
            break;
        case Known::upgrade:
            section.dropped.push_back(i);
            set_once(facts.upgrade, field.value);
            break;
        case Known::connection:
            section.dropped.push_back(i);
            if (facts.connections++ == 0) facts.first_connection = i;
            break;
        case Known::call_id:
            if (kind == MessageKind::response) section.dropped.push_back(i);
            break;
        case Known::hop_by_hop: section.dropped.push_back(i); break;
    }
    return nullptr;
}

std::optional<Refusal> apply_option(MessageKind kind, std::string_view option, FieldSection& section,
                                    FieldFacts& facts) {
    if (iequals(option, "close")) {
        facts.closes = true;
    } else if (iequals(option, "keep-alive")) {
        facts.keeps_alive = true;
    } else if (iequals(option, "upgrade")) {
        facts.upgrade_listed = true;
    } else if (!chars::all(option, chars::token)) {
        return Refusal{400, "Connection lists something that is not a token"};
    } else if (is_end_to_end(option)) {
        if (kind == MessageKind::response) return {};
        return Refusal{400, "Connection lists a field that every recipient needs; it cannot be taken away"};
    } else {
        section.drop(option);
    }
    return {};
}

}  // namespace

std::optional<Refusal> parse_fields(MessageKind kind, std::string_view text, std::size_t max_fields,
                                    FieldSection& section, FieldFacts& facts) {
    const std::size_t end = text.size() - 2;
    section.lines = text.substr(0, end);
    const auto part = [text](std::size_t from, std::size_t to) {
        return std::string_view(text.data() + from, to - from);
    };
    // The text ends with LF, which is neither of a token nor of a value: nothing below runs over its end.
    std::size_t at = 0;
    std::size_t count = 0;
    while (at < end) {
        if (count == max_fields) return Refusal{431, "too many fields"};
        const std::size_t line = at;
        const std::size_t colon = chars::skip_token(text, line);
        if (colon == line || text[colon] != ':') return bad_name(text, line, colon);
        at = chars::skip_text(text, colon + 1);
        if (text[at] != '\r' || text[at + 1] != '\n') return bad_value(text, at);
        const Field field{part(line, colon), chars::trim(part(colon + 1, at))};
        at += 2;
        section.fields.push_back(field);
        if (const Refusal* refusal = note(kind, field, count++, section, facts)) return *refusal;
    }
    if (at != end) return Refusal{400, "the head has no empty line at its end"};
    return {};
}

std::optional<Refusal> apply_connection(MessageKind kind, FieldSection& section, FieldFacts& facts) {
    std::size_t options = 0;
    std::optional<Refusal> refusal;
    std::size_t left = facts.connections;
    for (std::size_t i = facts.first_connection; left > 0; ++i) {
        const auto& [name, value] = section.fields[i];
        if (!iequals(name, "connection")) continue;
        --left;
        chars::for_each_element(value, [&](std::string_view option) {
            if (option.empty()) return true;  // RFC 9110 §5.6.1.2
            refusal = ++options > max_connection_options ? Refusal{400, "Connection lists too many options"}
                                                         : apply_option(kind, option, section, facts);
            return !refusal;
        });
        if (refusal) return refusal;
    }
    return {};
}

void FieldSection::drop(std::size_t i) {
    const auto at = std::lower_bound(dropped.begin(), dropped.end(), i);
    if (at == dropped.end() || *at != i) dropped.insert(at, i);
}

void FieldSection::drop(std::string_view name) {
    for (std::size_t i = 0; i < fields.size(); ++i)
        if (iequals(fields[i].name, name)) drop(i);
}

std::optional<std::uint64_t> parse_content_length(std::string_view value) noexcept {
    if (value.empty() || value.size() > 19) return {};
    std::uint64_t length = 0;  // 19 digits are below 10^19, which is below 2^64
    for (const char digit : value) {
        if (!chars::is_digit(digit)) return {};
        length = length * 10 + static_cast<unsigned>(digit - '0');
    }
    if (length > std::uint64_t{std::numeric_limits<std::int64_t>::max()}) return {};
    return length;
}

}  // namespace tokenweir::proxy
