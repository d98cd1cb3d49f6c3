/// The field lines of one head: their grammar, and what they say about this hop and about the body.
///
/// Internal to the guard: the heads of requests and of responses share it (http_head.cpp).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "proxy/http_head.hpp"

namespace tokenweir::proxy {

/// What the fields that decide something said. Absent: there was no such field.
struct FieldFacts {
    std::optional<std::string_view> host;
    std::optional<std::string_view> content_length;
    std::optional<std::string_view> transfer_encoding;
    std::optional<std::string_view> expect;   ///< the first one
    std::optional<std::string_view> upgrade;  ///< the first one
    bool repeated_expect = false;
    std::size_t connections = 0;       ///< how many Connection fields
    std::size_t first_connection = 0;  ///< its place, if there is one
    bool closes = false;               ///< Connection: close
    bool keeps_alive = false;          ///< Connection: keep-alive
    bool upgrade_listed = false;       ///< Connection: upgrade
};

/// A response's Host has no meaning and passes. A request whose Connection lists a field that every recipient needs,
/// such as Content-Length or Authorization, is refused: someone is trying to strip it. In a response that is ignored:
/// `Connection: Transfer-Encoding` is seen from CDNs, and the framing is ours anyway.
enum class MessageKind : std::uint8_t { request, response };

/// Connection may list so many options; without a limit a short head could ask for millions of comparisons.
inline constexpr std::size_t max_connection_options = 32;

/// Reads `text`, the field lines with the empty line that ends them, into `section`. Drops the hop-by-hop fields, a
/// request's Host and a response's call id. Refuses a line that RFC 9112 §5 forbids, and a second Host, Content-Length
/// or Transfer-Encoding: even equal ones are how two parsers come to differ. Requires: `text` ends with CRLF, `section`
/// is empty.
std::optional<Refusal> parse_fields(MessageKind kind, std::string_view text, std::size_t max_fields,
                                    FieldSection& section, FieldFacts& facts);

/// Drops what Connection lists (RFC 9110 §7.6.1) and notes its options. Requires: the results of parse_fields.
std::optional<Refusal> apply_connection(MessageKind kind, FieldSection& section, FieldFacts& facts);

/// A Content-Length value (RFC 9110 §8.6): 1 to 19 digits, below 2^63, so that no counter anywhere can wrap.
std::optional<std::uint64_t> parse_content_length(std::string_view value) noexcept;

}  // namespace tokenweir::proxy
