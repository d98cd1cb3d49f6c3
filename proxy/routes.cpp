/// A dozen prefixes are compared faster than any index would be consulted.
#include "proxy/routes.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>

namespace tokenweir::proxy {
namespace {

/// The target of OPTIONS that means no path but the server (RFC 9112 §3.2.4): only a route that serves everything has
/// it.
constexpr std::string_view whole_server = "*";

bool is_private_v4(std::span<const unsigned char, 4> address) noexcept {
    return address[0] == 127 || address[0] == 10 || (address[0] == 172 && address[1] >> 4 == 1) ||
           (address[0] == 192 && address[1] == 168);
}

bool is_private_v6(std::span<const unsigned char, 16> address) noexcept {
    constexpr std::array<unsigned char, 12> mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};  // of an IPv4 address
    if (std::ranges::equal(address.first<12>(), mapped)) return is_private_v4(address.last<4>());
    const bool loopback =
        std::ranges::all_of(address.first<15>(), [](unsigned char byte) { return byte == 0; }) && address[15] == 1;
    return loopback || (address[0] & 0xfe) == 0xfc;
}

bool is_private_name(std::string_view host) noexcept {
    return host.find('.') == std::string_view::npos || host.ends_with(".internal") || host.ends_with(".svc") ||
           host.ends_with(".local");
}

}  // namespace

std::optional<RouteMatch> match_route(std::span<const Route> routes, std::string_view target) noexcept {
    std::optional<RouteMatch> best;
    for (std::size_t i = 0; i < routes.size(); ++i) {
        const std::string_view prefix = routes[i].prefix;
        if (!target.starts_with(prefix)) continue;
        const std::string_view rest = target.substr(prefix.size());
        if (!rest.empty() && rest[0] != '/' && rest[0] != '?' && target != whole_server) continue;
        if (!best || rest.size() < best->rest.size()) best = RouteMatch{i, rest};
    }
    return best;
}

void append_upstream_target(const UpstreamUrl& upstream, std::string_view rest, std::string& out) {
    if (rest == whole_server) {
        out += rest;
        return;
    }
    out += upstream.base_path;
    if (upstream.base_path.empty() && !rest.starts_with('/')) out += '/';
    out += rest;
}

ContextForwarding forwarding_of(const Route& route, const Config& config) noexcept {
    if (route.trace_context) return *route.trace_context;
    if (config.trace_context) return *config.trace_context;
    return is_private_host(route.upstream.host) ? ContextForwarding::trace : ContextForwarding::none;
}

bool is_private_host(std::string_view host) noexcept {
    if (host.ends_with('.')) host.remove_suffix(1);
    std::array<char, INET6_ADDRSTRLEN> text{};
    std::array<unsigned char, sizeof(in6_addr)> address{};
    if (host.size() >= text.size()) return is_private_name(host);
    std::ranges::copy(host, text.begin());
    if (inet_pton(AF_INET, text.data(), address.data()) == 1) return is_private_v4(std::span(address).first<4>());
    if (inet_pton(AF_INET6, text.data(), address.data()) == 1) return is_private_v6(address);
    return is_private_name(host);
}

}  // namespace tokenweir::proxy
