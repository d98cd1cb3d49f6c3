/// Writes the heads that are sent on, from the original lines: order, case and duplicates survive (RFC 9110 §5.3, §7.6.1).
#pragma once

#include <string>
#include <string_view>

#include "proxy/http_head.hpp"

namespace tokenweir::proxy {

struct RequestRewrite {
    std::string_view target;  ///< path and query for the upstream
    std::string_view host;    ///< value of the upstream's Host field
};

/// Appends an HTTP/1.1 request head with its empty line. Host stands first, as RFC 9110 §7.2 advises.
void write_request_head(const RequestHead& head, const RequestRewrite& rewrite, std::string& out);

struct ResponseRewrite {
    Version client_version = Version::http_1_1;
    bool keep_alive = true;      ///< whether the client's connection stays open
    bool dechunk = false;        ///< the client is HTTP/1.0 and the body is chunked
    std::string_view call_id;    ///< empty: no x-tokenweir-call-id (1xx)
};

/// Appends an HTTP/1.1 response head with its empty line. An upstream field named x-tokenweir-call-id is replaced.
void write_response_head(const ResponseHead& head, const ResponseRewrite& rewrite, std::string& out);

struct LocalReply {
    int status;
    std::string_view code;      ///< for programs: `no_route`, `malformed_request`, …
    std::string_view message;   ///< for people: what, where, what was expected
    bool keep_alive = false;
    bool head_request = false;  ///< send the head alone
    std::string_view call_id;   ///< may be empty
    std::string_view extra_fields;  ///< complete lines with CRLF
};

/// Appends a whole response: JSON that both OpenAI's and Anthropic's SDKs read as an error, `x-should-retry: false` where
/// trying again cannot help, and `x-tokenweir-error: <code>`.
void write_local_reply(const LocalReply& reply, std::string& out);

/// The reason phrase of RFC 9110 §15, or an empty view.
std::string_view reason_phrase(int status) noexcept;

}  // namespace tokenweir::proxy
