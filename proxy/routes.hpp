/// Which upstream a request goes to, and under which target. Pure and over raw bytes: nothing is decoded or normalised,
/// so what the upstream sees is what the client wrote, and "/openai/../x" is a path of /openai.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "proxy/config.hpp"

namespace tokenweir::proxy {

struct RouteMatch {
    std::size_t index = 0;  ///< of the route
    std::string_view rest;  ///< the target behind the route's prefix: empty, "*", or starts with '/' or '?'
};

/// The route with the longest prefix that ends at a segment of the path: "/openai" matches "/openai", "/openai/v1" and
/// "/openai?x", but not "/openaix"; the empty prefix alone matches "*". `target` is in origin-form or asterisk-form
/// (RFC 9112 §3.2.1, §3.2.4), or what an absolute-form leaves of it.
std::optional<RouteMatch> match_route(std::span<const Route> routes, std::string_view target) noexcept;

/// Appends the target to send to the upstream: its base path, then `rest`; at least "/". "*" is no path and stays
/// as it is.
void append_upstream_target(const UpstreamUrl& upstream, std::string_view rest, std::string& out);

/// What the route's upstream may know of a call's trace: what the route says, else the configuration, else the trace
/// where the upstream's host is private, and nothing elsewhere.
ContextForwarding forwarding_of(const Route& route, const Config& config) noexcept;

/// Whether a host is within the operator's own reach: a loopback address, one of RFC 1918 or RFC 4193, a name of one
/// label, or one that ends with .internal, .svc or .local. `host`: lower case, without brackets.
bool is_private_host(std::string_view host) noexcept;

}  // namespace tokenweir::proxy
