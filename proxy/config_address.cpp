/// Listen addresses are IP literals, so that starting needs no resolver; upstream hosts may be names.
#include "proxy/config_address.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string>

#include "observation/config_error.hpp"
#include "observation/field.hpp"
#include "proxy/config_values.hpp"

namespace tokenweir::proxy {
namespace {

constexpr std::string_view listen_form = "expected ip:port such as 127.0.0.1:7080 or [::1]:7080";

/// Written the one way inet_ntop writes it, so that equal addresses are equal text.
std::optional<std::string> canonical_ip(int family, const std::string& host) {
    std::array<unsigned char, sizeof(in6_addr)> address{};
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (inet_pton(family, host.c_str(), address.data()) != 1) return std::nullopt;
    return inet_ntop(family, address.data(), text.data(), text.size());
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return port;
}

/// Host and port text of "host:port", "[v6]:port" and either without a port.
struct Authority {
    std::string_view host;
    std::optional<std::string_view> port;
    bool bracketed = false;
};

Authority split_authority(std::string_view text) {
    if (text.starts_with('[')) {
        const std::size_t close = text.find(']');
        if (close == std::string_view::npos) throw BadValue("the '[' of an IPv6 address has no ']'");
        const std::string_view rest = text.substr(close + 1);
        if (!rest.empty() && rest[0] != ':') throw BadValue("expected ':' and a port after the ']'");
        Authority authority{.host = text.substr(1, close - 1), .port = std::nullopt, .bracketed = true};
        if (!rest.empty()) authority.port = rest.substr(1);
        return authority;
    }
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos) return {.host = text, .port = std::nullopt};
    if (text.find(':', colon + 1) != std::string_view::npos)
        throw BadValue("an IPv6 address stands in brackets, such as [::1]");
    return {.host = text.substr(0, colon), .port = text.substr(colon + 1)};
}

bool is_host_name(std::string_view host) {
    return std::ranges::all_of(host, [](char c) { return is_alphanumeric(c) || c == '-' || c == '.' || c == '_'; });
}

std::string upstream_host(const Authority& authority) {
    if (authority.host.empty()) throw BadValue("the host is missing");
    if (authority.bracketed) {
        const auto ip = canonical_ip(AF_INET6, std::string(authority.host));
        if (!ip) throw BadValue("the brackets hold no IPv6 address");
        return *ip;
    }
    if (!is_host_name(authority.host)) throw BadValue("a host is made of ASCII letters, digits, '-', '_' and '.'");
    std::string host(authority.host);
    std::ranges::transform(host, host.begin(), ascii_lower);
    return host;
}

}  // namespace

ListenAddress parse_listen_address(std::string_view text) {
    if (text.find('/') != std::string_view::npos) throw BadValue(std::string(listen_form) + ", not a URL");
    const Authority authority = split_authority(text);
    if (!authority.port) throw BadValue(std::string(listen_form));
    const auto port = parse_port(*authority.port);
    if (!port) throw BadValue("expected a port from 0 to 65535 (0: the system chooses)");
    if (authority.host.empty())
        throw BadValue("say on which address: 127.0.0.1 for this machine alone, 0.0.0.0 or [::] for every interface");
    if (iequals(authority.host, "localhost")) return {"127.0.0.1", *port};
    const auto ip = canonical_ip(authority.bracketed ? AF_INET6 : AF_INET, std::string(authority.host));
    if (!ip) throw BadValue(std::string(listen_form) + ", not a name");
    return {*ip, *port};
}

UpstreamUrl parse_upstream_url(std::string_view text) {
    const std::size_t scheme_end = text.find("://");
    if (scheme_end == std::string_view::npos) throw BadValue("expected a URL that starts with https:// or http://");
    const std::string_view scheme = text.substr(0, scheme_end);
    UpstreamUrl url;
    url.tls = iequals(scheme, "https");
    if (!url.tls && !iequals(scheme, "http")) throw BadValue("the scheme must be https or http");

    const std::string_view rest = text.substr(scheme_end + 3);
    if (rest.find('?') != std::string_view::npos)
        throw BadValue("a query is not possible here: each request brings its own");
    if (rest.find('#') != std::string_view::npos) throw BadValue("a fragment ('#') means nothing to an upstream");
    const std::size_t path_begin = std::min(rest.find('/'), rest.size());
    const std::string_view authority_text = rest.substr(0, path_begin);
    if (authority_text.find('@') != std::string_view::npos)
        throw BadValue("user information ('user:password@') is not possible here: credentials come with the requests");
    const Authority authority = split_authority(authority_text);
    url.host = upstream_host(authority);

    url.port = url.tls ? 443 : 80;
    if (authority.port) {
        const auto port = parse_port(*authority.port);
        if (!port || *port == 0) throw BadValue("expected a port from 1 to 65535 after the host");
        url.port = *port;
    }
    std::string_view path = rest.substr(path_begin);
    while (path.ends_with('/')) path.remove_suffix(1);
    if (!is_path_text(path)) throw BadValue("the path holds a character that must be percent-encoded");
    url.base_path = path;
    return url;
}

std::string ListenAddress::to_string() const {
    const bool v6 = host.find(':') != std::string::npos;
    return (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

bool ListenAddress::is_loopback() const {
    return host.starts_with("127.") || host == "::1" || host.starts_with("::ffff:127.");
}

std::string UpstreamUrl::authority() const {
    std::string text = host.find(':') != std::string::npos ? "[" + host + "]" : host;
    if (port != (tls ? 443 : 80)) text += ":" + std::to_string(port);
    return text;
}

std::string UpstreamUrl::to_string() const { return (tls ? "https://" : "http://") + authority() + base_path; }

}  // namespace tokenweir::proxy
