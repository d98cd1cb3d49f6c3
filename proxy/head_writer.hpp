/// Writes the heads that are sent on, from the original lines: order, case and duplicates survive (RFC 9110 §5.3,
/// §7.6.1).
#pragma once

#include <string>
#include <string_view>

#include "proxy/http_head.hpp"

namespace tokenweir::proxy {

/// A 405 says what would have been served (RFC 9110 §15.5.6). Other methods pass as well; these are the ones with a
/// name.
inline constexpr std::string_view served_methods = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";

struct RequestRewrite {
    std::string_view target;            ///< path and query for the upstream
    std::string_view host;              ///< value of the upstream's Host field
    std::string_view further_fields{};  ///< complete lines with CRLF
};

/// Appends an HTTP/1.1 request head with its empty line. Host stands first, as RFC 9110 §7.2 advises; every field that
/// was not dropped follows byte for byte, then the further ones. The connection to the upstream is ours: no Connection
/// field is written.
void write_request_head(const RequestHead& head, const RequestRewrite& rewrite, std::string& out);

struct ResponseRewrite {
    Version client_version = Version::http_1_1;
    bool keep_alive = true;  ///< whether the client's connection stays open
    bool dechunk =
        false;  ///< the body's chunks are taken apart, so that it ends with the connection (HTTP/1.0 clients)
    std::string_view call_id = {};  ///< empty: no x-tokenweir-call-id (1xx)
};

/// Appends an HTTP/1.1 response head with its empty line. A body that ends with the connection brings `Connection:
/// close` whatever `keep_alive` says. No Transfer-Encoding reaches an HTTP/1.0 client: it is dropped from `head`. A 1xx
/// head gets neither a Connection nor a call id.
void write_response_head(ResponseHead& head, const ResponseRewrite& rewrite, std::string& out);

struct LocalReply {
    int status;
    std::string_view code;          ///< for programs: `no_route`, `malformed_request`, …
    std::string_view message;       ///< for people: what, where, what was expected; UTF-8
    bool keep_alive = false;        ///< written as a Connection field either way, so that HTTP/1.0 clients know too
    bool head_request = false;      ///< send the head alone
    std::string_view call_id = {};  ///< may be empty
    std::string_view extra_fields = {};  ///< complete lines with CRLF
};

/// Appends a whole response: JSON that both OpenAI's and Anthropic's SDKs read as an error, `x-should-retry: false`
/// where trying again cannot help (4xx but 408 and 429; 501; 505), and `x-tokenweir-error: <code>`. A 405 gets its
/// Allow field.
void write_local_reply(const LocalReply& reply, std::string& out);

/// The reason phrase of RFC 9110 §15, or an empty view.
std::string_view reason_phrase(int status) noexcept;

}  // namespace tokenweir::proxy
