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
    std::string_view rest;  ///< the target behind the route's prefix: empty, or starts with '/' or '?'
};

/// The route with the longest prefix that ends at a segment of the path: "/openai" matches "/openai", "/openai/v1" and
/// "/openai?x", but not "/openaix". `target` is in origin-form (RFC 9112 §3.2.1), or what an absolute-form leaves of
/// it.
std::optional<RouteMatch> match_route(std::span<const Route> routes, std::string_view target) noexcept;

/// Appends the target to send to the upstream: its base path, then `rest`; at least "/".
void append_upstream_target(const UpstreamUrl& upstream, std::string_view rest, std::string& out);

}  // namespace tokenweir::proxy
