/// The first line of a message: `GET /v1/models HTTP/1.1` or `HTTP/1.1 200 OK` (RFC 9112 §3, §4).
///
/// Internal to the guard.
#pragma once

#include <optional>
#include <string_view>

#include "proxy/http_head.hpp"

namespace tokenweir::proxy {

struct RequestLine {
    std::string_view method;
    std::string_view target;  ///< visible ASCII without '#'; its form is not judged here
    Version version = Version::http_1_1;
};

struct StatusLine {
    Version version = Version::http_1_1;
    int status = 0;
    std::string_view reason;  ///< may be empty, with or without the space before it
};

/// `line` is without its CRLF. On a refusal `out` holds the parts that were whole.
std::optional<Refusal> parse_request_line(std::string_view line, RequestLine& out) noexcept;
std::optional<Refusal> parse_status_line(std::string_view line, StatusLine& out) noexcept;

/// Refuses bytes that cannot be the beginning of such a line, however they go on.
std::optional<Refusal> refuse_request_start(std::string_view bytes) noexcept;
std::optional<Refusal> refuse_response_start(std::string_view bytes) noexcept;

}  // namespace tokenweir::proxy
