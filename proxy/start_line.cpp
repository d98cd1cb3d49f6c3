#include "proxy/start_line.hpp"

#include <algorithm>

#include "proxy/http_chars.hpp"

namespace tokenweir::proxy {

namespace {

constexpr std::string_view version_prefix = "HTTP/";

constexpr Refusal bad_request_line{400, "the request line is not `method SP target SP HTTP/1.1`"};
constexpr Refusal bad_status_line{502, "the status line is not `HTTP/1.1 SP three digits SP reason`"};

/// `HTTP/d.d` without looking at the digits' meaning (RFC 9112 §2.3): case counts, and one digit is one digit.
bool is_version(std::string_view text) noexcept {
    return text.size() == 8 && text.starts_with(version_prefix) && chars::is_digit(text[5]) && text[6] == '.' &&
           chars::is_digit(text[7]);
}

std::optional<Refusal> parse_request_version(std::string_view text, Version& version) noexcept {
    if (!is_version(text)) return bad_request_line;
    if (text[5] != '1') return Refusal{505, "only HTTP/1.0 and HTTP/1.1 are spoken here"};
    version = text[7] == '0' ? Version::http_1_0 : Version::http_1_1;  // 1.2 is read as 1.1 (RFC 9110 §2.5)
    return {};
}

bool is_served(std::string_view method) noexcept { return method != "CONNECT" && method != "TRACE"; }

}  // namespace

std::optional<Refusal> refuse_request_start(std::string_view bytes) noexcept {
    const std::size_t end = chars::skip(bytes, 0, chars::token);
    if (end > max_method_bytes) return Refusal{501, "the method is longer than any that exists"};
    if (end == bytes.size() || (end > 0 && bytes[end] == ' ')) return {};
    if (bytes.starts_with('\x16'))
        return Refusal{400, "this looks like a TLS handshake, and this port speaks plain HTTP"};
    return Refusal{400, "the request does not begin with a method and a space"};
}

std::optional<Refusal> parse_request_line(std::string_view line, RequestLine& out) noexcept {
    if (auto refusal = refuse_request_start(line)) return refusal;
    const std::size_t method_end = line.find(' ');
    if (method_end == std::string_view::npos) return bad_request_line;
    out.method = line.substr(0, method_end);
    const std::size_t target_end = chars::skip(line, method_end + 1, chars::target);
    if (target_end == line.size()) return Refusal{400, "the request line has no version; HTTP/0.9 is not spoken here"};
    if (line[target_end] == '#')
        return Refusal{400, "the target has a fragment, which is never sent (RFC 9112 section 3.2)"};
    if (target_end == method_end + 1) return bad_request_line;
    if (line[target_end] != ' ') return Refusal{400, "the target holds a byte that has to be percent-encoded"};
    out.target = line.substr(method_end + 1, target_end - method_end - 1);
    if (auto refusal = parse_request_version(line.substr(target_end + 1), out.version)) return refusal;
    if (!is_served(out.method)) return Refusal{405, "CONNECT and TRACE are not served by this proxy"};
    return {};
}

std::optional<Refusal> refuse_response_start(std::string_view bytes) noexcept {
    constexpr std::string_view expected = "HTTP/1.";
    const std::size_t seen = std::min(bytes.size(), expected.size());
    if (bytes.substr(0, seen) == expected.substr(0, seen)) return {};
    return Refusal{502, "the upstream's answer does not begin with HTTP/1."};
}

std::optional<Refusal> parse_status_line(std::string_view line, StatusLine& out) noexcept {
    if (auto refusal = refuse_response_start(line)) return refusal;
    if (line.size() < 12 || !is_version(line.substr(0, 8)) || line[8] != ' ') return bad_status_line;
    if (line[7] > '1') return Refusal{502, "the upstream answers in a version other than HTTP/1.0 and HTTP/1.1"};
    const std::string_view digits = line.substr(9, 3);
    if (!std::all_of(digits.begin(), digits.end(), chars::is_digit)) return bad_status_line;
    const int status = (digits[0] - '0') * 100 + (digits[1] - '0') * 10 + (digits[2] - '0');
    if (status < 100 || status > 599) return Refusal{502, "the status code is not between 100 and 599"};
    if (line.size() > 12 && line[12] != ' ') return bad_status_line;
    const std::string_view reason = line.size() > 12 ? line.substr(13) : std::string_view{};
    if (!chars::all(reason, chars::text)) return Refusal{502, "the reason phrase holds a control byte"};
    out = {.version = line[7] == '0' ? Version::http_1_0 : Version::http_1_1, .status = status, .reason = reason};
    return {};
}

}  // namespace tokenweir::proxy
