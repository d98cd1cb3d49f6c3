#include "proxy/head_writer.hpp"

namespace tokenweir::proxy {

namespace {

/// Requires: a status of three digits.
void append_status_line(std::string& out, int status, std::string_view reason) {
    const auto digit = [](int number) { return static_cast<char>('0' + number % 10); };
    const char digits[]{digit(status / 100), digit(status / 10), digit(status), ' '};
    out.append("HTTP/1.1 ").append(digits, sizeof digits);
    out.append(reason).append("\r\n");  // the space stays without a reason (RFC 9112 §4)
}

/// The lines that were not dropped: what lies between two dropped ones is copied at once.
void append_lines(std::string& out, const FieldSection& head) {
    const char* begin = head.line_begin(0);
    for (const std::size_t i : head.dropped) {
        out.append(begin, head.line_begin(i));
        begin = head.line_begin(i + 1);
    }
    out.append(begin, head.line_begin(head.fields.size()));
}

}  // namespace

void write_request_head(const RequestHead& head, const RequestRewrite& rewrite, std::string& out) {
    out.append(head.method).append(" ").append(rewrite.target).append(" HTTP/1.1\r\nHost: ");
    out.append(rewrite.host).append("\r\n");
    append_lines(out, head);
    out.append(rewrite.further_fields).append("\r\n");
}

void write_response_head(ResponseHead& head, const ResponseRewrite& rewrite, std::string& out) {
    const bool interim = head.status < 200;
    const bool no_coding = rewrite.dechunk || rewrite.client_version == Version::http_1_0;
    if (no_coding) head.drop("transfer-encoding");
    append_status_line(out, head.status, head.reason);
    append_lines(out, head);
    if (!interim) {
        if (!rewrite.call_id.empty()) out.append(call_id_field).append(": ").append(rewrite.call_id).append("\r\n");
        const bool ends_with_connection = rewrite.dechunk || head.framing.kind == Framing::Kind::until_close;
        if (!rewrite.keep_alive || ends_with_connection) {
            out.append("Connection: close\r\n");
        } else if (rewrite.client_version == Version::http_1_0) {
            out.append("Connection: keep-alive\r\n");
        }
    }
    out.append("\r\n");
}

std::string_view reason_phrase(int status) noexcept {
    switch (status) {
        case 100: return "Continue";
        case 101: return "Switching Protocols";
        case 200: return "OK";
        case 201: return "Created";
        case 202: return "Accepted";
        case 203: return "Non-Authoritative Information";
        case 204: return "No Content";
        case 205: return "Reset Content";
        case 206: return "Partial Content";
        case 300: return "Multiple Choices";
        case 301: return "Moved Permanently";
        case 302: return "Found";
        case 303: return "See Other";
        case 304: return "Not Modified";
        case 305: return "Use Proxy";
        case 307: return "Temporary Redirect";
        case 308: return "Permanent Redirect";
        case 400: return "Bad Request";
        case 401: return "Unauthorized";
        case 402: return "Payment Required";
        case 403: return "Forbidden";
        case 404: return "Not Found";
        case 405: return "Method Not Allowed";
        case 406: return "Not Acceptable";
        case 407: return "Proxy Authentication Required";
        case 408: return "Request Timeout";
        case 409: return "Conflict";
        case 410: return "Gone";
        case 411: return "Length Required";
        case 412: return "Precondition Failed";
        case 413: return "Content Too Large";
        case 414: return "URI Too Long";
        case 415: return "Unsupported Media Type";
        case 416: return "Range Not Satisfiable";
        case 417: return "Expectation Failed";
        case 421: return "Misdirected Request";
        case 422: return "Unprocessable Content";
        case 426: return "Upgrade Required";
        case 429: return "Too Many Requests";
        case 431: return "Request Header Fields Too Large";
        case 500: return "Internal Server Error";
        case 501: return "Not Implemented";
        case 502: return "Bad Gateway";
        case 503: return "Service Unavailable";
        case 504: return "Gateway Timeout";
        case 505: return "HTTP Version Not Supported";
        default: return {};
    }
}

}  // namespace tokenweir::proxy
