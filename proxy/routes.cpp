/// A dozen prefixes are compared faster than any index would be consulted.
#include "proxy/routes.hpp"

namespace tokenweir::proxy {

std::optional<RouteMatch> match_route(std::span<const Route> routes, std::string_view target) noexcept {
    std::optional<RouteMatch> best;
    for (std::size_t i = 0; i < routes.size(); ++i) {
        const std::string_view prefix = routes[i].prefix;
        if (!target.starts_with(prefix)) continue;
        const std::string_view rest = target.substr(prefix.size());
        if (!rest.empty() && rest[0] != '/' && rest[0] != '?') continue;
        if (!best || rest.size() < best->rest.size()) best = RouteMatch{i, rest};
    }
    return best;
}

void append_upstream_target(const UpstreamUrl& upstream, std::string_view rest, std::string& out) {
    out += upstream.base_path;
    if (upstream.base_path.empty() && !rest.starts_with('/')) out += '/';
    out += rest;
}

}  // namespace tokenweir::proxy
