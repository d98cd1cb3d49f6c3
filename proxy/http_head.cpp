#include "proxy/http_head.hpp"

#include "proxy/field_section.hpp"
#include "proxy/host.hpp"
#include "proxy/http_chars.hpp"
#include "proxy/start_line.hpp"

namespace tokenweir::proxy {

namespace {

constexpr Refusal not_a_head{400, "the head does not end with an empty line"};

/// Cuts the start line off. The head must have been found by scan_*_head, so that an empty line ends it.
std::string_view cut_start_line(std::string_view& head) noexcept {
    const std::size_t end = head.find("\r\n");
    const std::string_view line = head.substr(0, end);
    head.remove_prefix(end + 2);
    return line;
}

// ---------------------------------------------------------------------------------------------- requests

/// An absolute-form target apart (RFC 9112 §3.2.2). A reverse proxy has to accept it, and never dials what it names.
struct AbsoluteForm {
    std::string_view authority;
    std::string_view rest;  ///< path and query, may be empty
    std::uint16_t default_port = 80;
};

std::optional<AbsoluteForm> split_absolute_form(std::string_view target) noexcept {
    AbsoluteForm form;
    const auto scheme = [target](std::string_view name) { return iequals(target.substr(0, name.size()), name); };
    if (scheme("http://")) {
        form.rest = target.substr(7);
    } else if (scheme("https://")) {
        form.rest = target.substr(8);
        form.default_port = 443;
    } else {
        return {};
    }
    form.authority = form.rest.substr(0, form.rest.find_first_of("/?"));
    form.rest.remove_prefix(form.authority.size());
    return form;
}

/// Requires: `head.host` is the Host field or empty. Two names for one server, and different ones, are refused rather
/// than one of them chosen (RFC 9112 §3.2.2 lets the authority win; the next hop may not know that).
std::optional<Refusal> apply_absolute_form(RequestHead& head) {
    const auto form = split_absolute_form(head.target);
    if (!form) return Refusal{400, "the target is neither a path, an http(s) URL nor, for OPTIONS, `*`"};
    const auto authority = parse_authority(form->authority);
    if (!authority) return Refusal{400, "the authority in the target is not `host[:port]`"};
    if (head.host.empty()) {
        head.host = form->authority;
    } else if (const auto host = parse_authority(head.host);
               !host || !same_server(*authority, *host, form->default_port)) {
        return Refusal{400, "the target and the Host field name different servers"};
    }
    if (form->rest.starts_with('?')) return Refusal{400, "the URL in the target has a query but no path"};
    // RFC 9112 §3.2.4: OPTIONS for a bare authority asks about the server, which is spelled `*`.
    const std::string_view whole_server = head.method == "OPTIONS" ? "*" : "/";
    head.origin_target = form->rest.empty() ? whole_server : form->rest;
    return {};
}

std::optional<Refusal> judge_host(const FieldFacts& facts, RequestHead& head) {
    head.host = facts.host.value_or(std::string_view{});
    if (!facts.host) {
        if (head.version == Version::http_1_0) return {};
        return Refusal{400, "an HTTP/1.1 request has a Host field (RFC 9112 section 3.2)"};
    }
    if (head.host.empty() && head.version == Version::http_1_0) return {};
    if (!parse_authority(head.host)) return Refusal{400, "the Host field is not `host[:port]`"};
    return {};
}

std::optional<Refusal> judge_target(RequestHead& head) {
    head.origin_target = head.target;
    if (head.target.starts_with('/')) return {};
    if (head.target == "*") {
        if (head.method == "OPTIONS") return {};
        return Refusal{400, "the target `*` is for OPTIONS alone (RFC 9112 section 3.2.4)"};
    }
    return apply_absolute_form(head);
}

/// A coding we do not know is 501 (RFC 9112 §6.1); a body whose end cannot be known is 400 (§6.3).
Refusal judge_request_coding(std::string_view value) {
    std::size_t count = 0;
    bool well_formed = true;
    bool last_is_chunked = false;
    chars::for_each_element(value, [&](std::string_view coding) {
        well_formed = !last_is_chunked && !coding.empty() && chars::all(coding, chars::token);
        last_is_chunked = iequals(coding, "chunked");
        ++count;
        return well_formed;
    });
    if (well_formed && last_is_chunked && count > 1) {
        return {501, "Transfer-Encoding names a coding other than chunked, which is not implemented"};
    }
    return {400, "Transfer-Encoding is not exactly `chunked`"};
}

std::optional<Refusal> judge_request_framing(const FieldFacts& facts, RequestHead& head) {
    if (facts.transfer_encoding) {
        if (head.version == Version::http_1_0) {
            return Refusal{400, "Transfer-Encoding in an HTTP/1.0 request (RFC 9112 section 6.1)"};
        }
        if (facts.content_length)
            return Refusal{400, "both Transfer-Encoding and Content-Length (RFC 9112 section 6.1)"};
        if (!iequals(*facts.transfer_encoding, "chunked")) return judge_request_coding(*facts.transfer_encoding);
        head.framing = {.kind = Framing::Kind::chunked, .length = 0};
    } else if (facts.content_length) {
        const auto length = parse_content_length(*facts.content_length);
        if (!length) return Refusal{400, "Content-Length is not a decimal number below 2^63"};
        if (*length > 0) head.framing = {.kind = Framing::Kind::length, .length = *length};
    }
    return {};
}

std::optional<Refusal> judge_expectation(const FieldFacts& facts, RequestHead& head) {
    if (!facts.expect) return {};
    if (head.version == Version::http_1_1) {
        if (facts.repeated_expect || !iequals(*facts.expect, "100-continue")) {
            return Refusal{417, "the only expectation that can be met is `100-continue`"};
        }
    }
    // From HTTP/1.0, and without a body, it has no meaning (RFC 9110 §10.1.1).
    if (head.version == Version::http_1_0 || head.framing.kind == Framing::Kind::none) head.drop("expect");
    return {};
}

bool wants_websocket(const FieldFacts& facts, const RequestHead& head) noexcept {
    return facts.upgrade && facts.upgrade_listed && iequals(*facts.upgrade, "websocket") && head.method == "GET" &&
           head.version == Version::http_1_1 && head.framing.kind == Framing::Kind::none;
}

bool stays_open(Version version, const FieldFacts& facts) noexcept {
    return !facts.closes && (version == Version::http_1_1 || facts.keeps_alive);  // RFC 9112 §9.3
}

void clear(RequestHead& head) noexcept {
    head.method = head.target = head.origin_target = head.host = {};
    head.version = Version::http_1_1;
    head.framing = {};
    head.keep_alive = true;
    head.wants_websocket = false;
    head.clear();
}

// --------------------------------------------------------------------------------------------- responses

bool has_no_body(int status, std::string_view request_method) noexcept {
    return request_method == "HEAD" || status < 200 || status == 204 || status == 304;  // RFC 9112 §6.3
}

/// The fields are judged even where there is no body: they reach the client, which may look at them first.
std::optional<Refusal> judge_response_framing(const FieldFacts& facts, std::string_view request_method,
                                              ResponseHead& head) {
    if (facts.transfer_encoding) {
        if (facts.content_length) return Refusal{502, "both Transfer-Encoding and Content-Length"};
        if (head.version == Version::http_1_0) return Refusal{502, "Transfer-Encoding in an HTTP/1.0 response"};
        if (!iequals(*facts.transfer_encoding, "chunked"))
            return Refusal{502, "Transfer-Encoding is not exactly `chunked`"};
        head.framing = {.kind = Framing::Kind::chunked, .length = 0};
    } else if (facts.content_length) {
        const auto length = parse_content_length(*facts.content_length);
        if (!length) return Refusal{502, "Content-Length is not a decimal number below 2^63"};
        if (*length > 0) head.framing = {.kind = Framing::Kind::length, .length = *length};
    } else {
        head.framing = {.kind = Framing::Kind::until_close, .length = 0};
    }
    if (has_no_body(head.status, request_method)) head.framing = {};
    if (head.status < 200 || head.status == 204) {
        // They may not be there (RFC 9110 §8.6, RFC 9112 §6.1), and a client that believed them would wait for a body.
        head.drop("content-length");
        head.drop("transfer-encoding");
    }
    return {};
}

}  // namespace

std::optional<Refusal> parse_request_head(std::string_view head, const HeadLimits& limits, RequestHead& out) {
    clear(out);
    if (!head.ends_with("\r\n\r\n")) return not_a_head;
    if (head.size() > limits.header_bytes) return Refusal{431, "the header section is too large"};
    const std::string_view line = cut_start_line(head);
    if (line.size() > limits.request_line_bytes) return Refusal{414, "the request line is too long"};

    RequestLine request_line;
    const auto refusal = parse_request_line(line, request_line);
    out.method = request_line.method;
    out.target = request_line.target;
    out.version = request_line.version;
    if (refusal) return refusal;

    FieldFacts facts;
    if (auto refused = parse_fields(MessageKind::request, head, limits.header_fields, out, facts)) return refused;
    if (auto refused = judge_host(facts, out)) return refused;
    if (auto refused = judge_target(out)) return refused;
    if (auto refused = apply_connection(MessageKind::request, out, facts)) return refused;
    if (auto refused = judge_request_framing(facts, out)) return refused;
    if (auto refused = judge_expectation(facts, out)) return refused;
    out.keep_alive = stays_open(out.version, facts);
    out.wants_websocket = wants_websocket(facts, out);
    return {};
}

void read_request_line(std::string_view bytes, const HeadLimits& limits, RequestHead& out) noexcept {
    clear(out);
    while (bytes.starts_with("\r\n")) bytes.remove_prefix(2);
    const std::size_t end = bytes.substr(0, limits.request_line_bytes + 2).find("\r\n");
    if (end == std::string_view::npos) return;
    RequestLine line;
    parse_request_line(bytes.substr(0, end), line);
    out.method = line.method;
    out.target = line.target;
}

std::optional<Refusal> parse_response_head(std::string_view head, const HeadLimits& limits,
                                           std::string_view request_method, ResponseHead& out) {
    out.status = 0;
    out.reason = {};
    out.framing = {};
    out.clear();
    const auto bad_gateway = [](Refusal refusal) { return Refusal{502, refusal.reason}; };
    if (!head.ends_with("\r\n\r\n")) return bad_gateway(not_a_head);
    if (head.size() > limits.header_bytes) return Refusal{502, "the upstream's header section is too large"};

    StatusLine status_line;
    if (auto refused = parse_status_line(cut_start_line(head), status_line)) return refused;
    out.status = status_line.status;
    out.reason = status_line.reason;
    out.version = status_line.version;

    FieldFacts facts;
    if (auto refused = parse_fields(MessageKind::response, head, limits.header_fields, out, facts))
        return bad_gateway(*refused);
    if (auto refused = apply_connection(MessageKind::response, out, facts)) return bad_gateway(*refused);
    if (auto refused = judge_response_framing(facts, request_method, out)) return refused;
    out.keep_alive = stays_open(out.version, facts) && out.framing.kind != Framing::Kind::until_close;
    return {};
}

}  // namespace tokenweir::proxy
