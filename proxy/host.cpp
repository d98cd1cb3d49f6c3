#include "proxy/host.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>

#include "observation/field.hpp"
#include "proxy/http_chars.hpp"

namespace tokenweir::proxy {

namespace {

/// The place of the first byte that is not of a registered name, or the size.
std::size_t skip_registered_name(std::string_view text) noexcept {
    std::size_t i = 0;
    while ((i = chars::skip(text, i, chars::name_of_host)) < text.size()) {
        const bool escaped = text[i] == '%' && text.size() - i > 2 && chars::is(text[i + 1], chars::hex) &&
                             chars::is(text[i + 2], chars::hex);
        if (!escaped) break;
        i += 3;
    }
    return i;
}

bool is_ipv6_address(std::string_view text) noexcept {
    std::array<char, INET6_ADDRSTRLEN + 1> terminated{};
    if (text.empty() || text.size() >= terminated.size()) return false;
    if (text.find('\0') != std::string_view::npos) return false;
    std::copy(text.begin(), text.end(), terminated.begin());
    in6_addr ignored{};
    return ::inet_pton(AF_INET6, terminated.data(), &ignored) == 1;
}

std::optional<std::uint16_t> parse_port(std::string_view digits) noexcept {
    if (digits.empty() || digits.size() > 5) return {};
    unsigned port = 0;
    for (const char digit : digits) {
        if (!chars::is_digit(digit)) return {};
        port = port * 10 + static_cast<unsigned>(digit - '0');
    }
    if (port > 0xffff) return {};
    return static_cast<std::uint16_t>(port);
}

}  // namespace

std::optional<Authority> parse_authority(std::string_view text) noexcept {
    std::size_t host_end = 0;
    if (text.starts_with('[')) {
        const std::size_t bracket = text.find(']');
        if (bracket == std::string_view::npos || !is_ipv6_address(text.substr(1, bracket - 1))) return {};
        host_end = bracket + 1;
    } else {
        host_end = skip_registered_name(text);
        if (host_end == 0) return {};
    }
    Authority authority{.host = text.substr(0, host_end), .port = {}};
    if (host_end == text.size()) return authority;
    if (text[host_end] != ':') return {};
    authority.port = parse_port(text.substr(host_end + 1));
    return authority.port ? std::optional(authority) : std::nullopt;
}

bool same_server(const Authority& a, const Authority& b, std::uint16_t default_port) noexcept {
    return iequals(a.host, b.host) && a.port.value_or(default_port) == b.port.value_or(default_port);
}

}  // namespace tokenweir::proxy
