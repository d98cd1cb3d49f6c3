/// Reads and judges HTTP/1.x heads from their raw bytes, whole tokens only, before anything is passed on.
///
/// This is the guard: a head that RFC 9112 or RFC 9110 forbids, or that two parsers could read in two ways, gets a
/// Refusal. There is one parser and no second opinion, so there is nothing to disagree with (docs/architecture.md says
/// why Beast's parser is not asked as well). docs/conformance.md lists what is refused, clause by clause.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "observation/field.hpp"

namespace tokenweir::proxy {

struct HeadLimits {
    std::size_t request_line_bytes = std::size_t{16} << 10;  ///< without its CRLF
    std::size_t header_bytes = std::size_t{64} << 10;        ///< of the whole head, with the empty line that ends it
    std::size_t header_fields = 200;

    bool operator==(const HeadLimits&) const = default;
};

/// Why a message is not passed on. For requests `status` is what the client is told; for responses it is always 502.
struct Refusal {
    int status;
    std::string_view reason;  ///< static text: what is wrong and what was expected
};

enum class Version : std::uint8_t { http_1_0, http_1_1 };

/// Where a body ends (RFC 9112 §6.3).
struct Framing {
    enum class Kind : std::uint8_t { none, length, chunked, until_close };
    Kind kind = Kind::none;
    std::uint64_t length = 0;  ///< for `length`, and never 0: a body of no bytes is `none`

    bool operator==(const Framing&) const = default;
};

/// The outcome of looking for the end of a head in bytes that are still arriving.
struct HeadScan {
    enum class State : std::uint8_t { need_more, complete, refused };
    State state = State::need_more;
    std::size_t begin = 0;  ///< complete: where the head starts (empty lines before a request line are skipped)
    std::size_t end = 0;    ///< complete: one past the empty line that ends the head
    Refusal refusal{};      ///< refused: limits, or bytes that can never become a head
};

/// Empty lines that a client may send before its request line (RFC 9112 §2.2 asks for at least one).
inline constexpr std::size_t max_leading_empty_lines = 8;

/// A longer word is no method that anyone implements: 501 (RFC 9112 §3).
inline constexpr std::size_t max_method_bytes = 32;

/// Finds the head at the start of `bytes`. Refuses as early as the bytes allow: at the first byte that no method or
/// status line has, at the first line that LF ends without CR, at the end of a bad request line, at a limit.
/// `resume_at` carries the position between calls over a growing buffer, so that a head that arrives byte by byte is
/// still scanned once; start it at 0. `bytes` may hold more than the head, and never needs to hold more than
/// `header_bytes + 2 * max_leading_empty_lines`.
HeadScan scan_request_head(std::string_view bytes, const HeadLimits& limits, std::size_t& resume_at) noexcept;
HeadScan scan_response_head(std::string_view bytes, const HeadLimits& limits, std::size_t& resume_at) noexcept;

/// Tells the client which record its call became. What an upstream says in it is not passed on.
inline constexpr std::string_view call_id_field = "x-tokenweir-call-id";

/// The fields of a head for those who read them, and their lines for those who pass them on.
struct FieldSection {
    std::vector<Field> fields;
    std::string_view lines;  ///< of all fields, as received, each with its CRLF

    /// The places of the fields whose lines must not be passed on, in their order. The parser drops hop-by-hop fields,
    /// whatever Connection lists (RFC 9110 §7.6.1), and what is written anew: a request's Host, a response's call id.
    /// Others may drop more.
    std::vector<std::size_t> dropped;

    void drop(std::size_t i);
    void drop(std::string_view name);  ///< all fields of that name

    /// Where the line of field `i` begins; for the number of fields, where the last line ends.
    const char* line_begin(std::size_t i) const noexcept {
        return i < fields.size() ? fields[i].name.data() : lines.data() + lines.size();
    }

    void clear() noexcept {
        fields.clear();
        lines = {};
        dropped.clear();
    }
};

/// Views into the bytes that were parsed. Reused between messages, so that a head costs no allocation.
struct RequestHead : FieldSection {
    std::string_view method;
    std::string_view target;         ///< as received
    std::string_view origin_target;  ///< path and query, or `*`; an absolute-form's authority is cut off
    std::string_view host;           ///< the Host field, or the authority of an absolute-form; may be empty for 1.0
    Version version = Version::http_1_1;
    Framing framing;
    bool keep_alive = true;        ///< what the client wants
    bool wants_websocket = false;  ///< Upgrade: websocket, listed in Connection, in a GET of HTTP/1.1 without a body
};

struct ResponseHead : FieldSection {
    int status = 0;
    std::string_view reason;
    Version version = Version::http_1_1;
    Framing framing;         ///< with the request's method taken into account
    bool keep_alive = true;  ///< what the upstream offers; never with a body that ends with the connection
};

/// `head` is exactly what scan_*_head found. Fills `out` and returns nothing, or returns why it must be refused; `out`
/// then holds what was read so far (method and target are empty or whole).
std::optional<Refusal> parse_request_head(std::string_view head, const HeadLimits& limits, RequestHead& out);
std::optional<Refusal> parse_response_head(std::string_view head, const HeadLimits& limits,
                                           std::string_view request_method, ResponseHead& out);

/// What can be told of a request whose head was refused before its end: method and target where the line that they
/// stand in is whole, and nothing else. `bytes` is what scan_request_head refused.
void read_request_line(std::string_view bytes, const HeadLimits& limits, RequestHead& out) noexcept;

}  // namespace tokenweir::proxy
