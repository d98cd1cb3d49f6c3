/// The configured upstreams as one thread sees them: how to reach each, and its idle connections.
#pragma once

#include <memory>
#include <vector>

#include "parsers/provider.hpp"
#include "proxy/connector.hpp"
#include "proxy/routes.hpp"
#include "proxy/upstream_pool.hpp"

namespace tokenweir::proxy {

struct Upstream {
    Upstream(Services& services, const Route& route, const TlsContext* tls)
        : url(route.upstream),
          authority(route.upstream.authority()),
          forwarding(forwarding_of(route, services.config)),
          facts{route.name, route.upstream.host, route.upstream.port, route.provider},
          connector(services, route.upstream, route.upstream.tls ? tls : nullptr),
          pool(services) {
        if (facts.provider.empty()) facts.provider = parsers::provider_of_host(facts.server_address);
    }

    const UpstreamUrl& url;
    std::string authority;
    ContextForwarding forwarding;  // of the trace's context
    parsers::RouteFacts facts;
    Connector connector;
    UpstreamPool pool;
};

/// One for each of config.routes, in its order.
using Upstreams = std::vector<std::unique_ptr<Upstream>>;

}  // namespace tokenweir::proxy
