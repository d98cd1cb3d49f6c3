#include "proxy/field_section.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <type_traits>

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
    hop_by_hop
};

/// The bytes from `at` on as a number, capitals in lower case.
template <class Number>
Number lower_word(const char* at) noexcept {
    Number word;
    std::memcpy(&word, at, sizeof word);
    return word | Number(0x2020202020202020);
}

/// Whether `name`, a token of the same length, is `lower` in any case. `lower` is made of a to z, 0 to 9 and '-': of a
/// token's bytes, the bit that tells the cases apart makes one of these only of itself or of its capital.
template <std::size_t Size>
bool is(std::string_view name, const char (&lower)[Size]) noexcept {
    using Word = std::conditional_t<(Size > sizeof(std::uint64_t)), std::uint64_t, std::uint16_t>;
    constexpr std::size_t last = Size - 1 - sizeof(Word);
    for (std::size_t at = 0; at < last; at += sizeof(Word))
        if (lower_word<Word>(name.data() + at) != lower_word<Word>(lower + at)) return false;
    return lower_word<Word>(name.data() + last) == lower_word<Word>(lower + last);
}

/// Known names have different lengths or are two to a length, so that most fields cost one comparison of numbers.
Known classify(std::string_view name) noexcept {
    const auto known = [name](const auto& candidate, Known as) { return is(name, candidate) ? as : Known::other; };
    switch (name.size()) {
        case 2: return known("te", Known::hop_by_hop);
        case 4: return known("host", Known::host);
        case 6: return known("expect", Known::expect);
        case 7: return is(name, "upgrade") ? Known::upgrade : known("trailer", Known::hop_by_hop);
        case 10: return is(name, "connection") ? Known::connection : known("keep-alive", Known::hop_by_hop);
        case 14: return is(name, "content-length") ? Known::content_length : known("http2-settings", Known::hop_by_hop);
        case 16: return known("proxy-connection", Known::hop_by_hop);
        case 17: return known("transfer-encoding", Known::transfer_encoding);
        case 18: return known("proxy-authenticate", Known::hop_by_hop);
        case 19: return known("proxy-authorization", Known::hop_by_hop);
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

/// Notes field number `i` and whether it stays on this hop. Returns why the head must be refused, or null.
const Refusal* note(MessageKind kind, std::size_t i, FieldSection& section, FieldFacts& facts) noexcept {
    const Field& field = section.fields[i];
    std::uint8_t& dropped = section.dropped[i];
    switch (classify(field.name)) {
        case Known::other: break;
        case Known::host:
            if (kind == MessageKind::response) break;
            dropped = 1;  // written anew, for the upstream
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
            dropped = 1;
            set_once(facts.upgrade, field.value);
            break;
        case Known::connection:
            dropped = 1;
            if (facts.connections++ == 0) facts.first_connection = i;
            break;
        case Known::hop_by_hop: dropped = 1; break;
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
        drop(section, option);
    }
    return {};
}

}  // namespace

std::optional<Refusal> parse_fields(MessageKind kind, std::string_view text, std::size_t max_fields,
                                    FieldSection& section, FieldFacts& facts) {
    constexpr std::size_t shortest_line = 4;  // "a:" CRLF
    const std::size_t end = text.size() - 2;
    section.fields.clear();
    section.lines = text.substr(0, end);
    section.dropped.assign(std::min(max_fields, end / shortest_line), 0);
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
        section.fields.push_back({part(line, colon), chars::trim(part(colon + 1, at))});
        at += 2;
        if (const Refusal* refusal = note(kind, count++, section, facts)) return *refusal;
    }
    section.dropped.resize(count);
    if (at != end) return Refusal{400, "the head has no empty line at its end"};
    return {};
}

std::optional<Refusal> apply_connection(MessageKind kind, FieldSection& section, FieldFacts& facts) {
    std::size_t options = 0;
    std::optional<Refusal> refusal;
    std::size_t left = facts.connections;
    for (std::size_t i = facts.first_connection; left > 0; ++i) {
        const Field& field = section.fields[i];
        if (!iequals(field.name, "connection")) continue;
        --left;
        chars::for_each_element(field.value, [&](std::string_view option) {
            if (option.empty()) return true;  // RFC 9110 §5.6.1.2
            refusal = ++options > max_connection_options ? Refusal{400, "Connection lists too many options"}
                                                         : apply_option(kind, option, section, facts);
            return !refusal;
        });
        if (refusal) return refusal;
    }
    return {};
}

void drop(FieldSection& section, std::string_view name) noexcept {
    for (std::size_t i = 0; i < section.fields.size(); ++i)
        if (iequals(section.fields[i].name, name)) section.dropped[i] = 1;
}

std::optional<std::uint64_t> parse_content_length(std::string_view value) noexcept {
    if (value.empty() || value.size() > 19 || !std::all_of(value.begin(), value.end(), chars::is_digit)) return {};
    std::uint64_t length = 0;  // 19 digits are below 10^19, which is below 2^64
    for (const char digit : value) length = length * 10 + static_cast<unsigned>(digit - '0');
    if (length > std::uint64_t{std::numeric_limits<std::int64_t>::max()}) return {};
    return length;
}

}  // namespace tokenweir::proxy
