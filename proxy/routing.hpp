/// A setup as one thread serves by it: the upstream of each route, how to reach it, and its idle connections.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "parsers/call_observer.hpp"
#include "proxy/connector.hpp"
#include "proxy/routes.hpp"
#include "proxy/setup.hpp"
#include "proxy/upstream_pool.hpp"

namespace tokenweir::proxy {

/// Where connections lead. Routes with the same scheme, host and port have it in common; so have a routing and the one
/// that takes its place.
struct Upstream {
    Upstream(Services& services, const UpstreamUrl& where, std::shared_ptr<const TlsContext> trusted);

    /// Its connections are as good as new ones to `where` would be.
    bool leads_to(const UpstreamUrl& where, const std::shared_ptr<const TlsContext>& trusted) const noexcept;

    const UpstreamUrl url;
    const std::shared_ptr<const TlsContext> trust;  // null: not TLS
    Connector connector;
    UpstreamPool pool;
};

struct Target {
    std::string authority;         ///< the Host field
    ContextForwarding forwarding;  ///< of the trace's context
    parsers::RouteFacts facts;
    std::shared_ptr<Upstream> upstream;
};

/// Belongs to one thread. A call keeps the routing that it began with; another one may take its place meanwhile.
struct Routing {
    /// Takes over from `before` (may be null) the upstreams that it has too. Throws what memory throws.
    Routing(Services& services, std::shared_ptr<const Setup> what, const Routing* before);

    /// Closes the idle connections of all upstreams that `other` (may be null) does not have too.
    void close_idle(const Routing* other) const;

    const std::shared_ptr<const Setup> setup;
    std::vector<Target> targets;  ///< one for each of setup->config.routes, in their order

private:
    std::shared_ptr<Upstream> find(const UpstreamUrl& where,
                                   const std::shared_ptr<const TlsContext>& trust) const noexcept;
};

}  // namespace tokenweir::proxy
