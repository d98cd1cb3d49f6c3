#include "proxy/routing.hpp"

#include <utility>

#include "parsers/provider.hpp"

namespace tokenweir::proxy {

Upstream::Upstream(Services& services, const UpstreamUrl& where, std::shared_ptr<const TlsContext> trusted)
    : url(where),
      trust(where.tls ? std::move(trusted) : nullptr),
      connector(services, url, trust.get()),
      pool(services) {}

bool Upstream::leads_to(const UpstreamUrl& where, const std::shared_ptr<const TlsContext>& trusted) const noexcept {
    return url.tls == where.tls && url.host == where.host && url.port == where.port && (!url.tls || trust == trusted);
}

Routing::Routing(Services& services, std::shared_ptr<const Setup> what, const Routing* before)
    : setup(std::move(what)) {
    const auto& trust = setup->upstream_trust;
    for (const Route& route : setup->config.routes) {
        std::shared_ptr<Upstream> upstream = find(route.upstream, trust);
        if (!upstream && before != nullptr) upstream = before->find(route.upstream, trust);
        if (!upstream) upstream = std::make_shared<Upstream>(services, route.upstream, trust);
        Target& target = targets.emplace_back();
        target.authority = route.upstream.authority();
        target.forwarding = forwarding_of(route, setup->config);
        target.facts = {.name = route.name,
                        .server_address = route.upstream.host,
                        .server_port = route.upstream.port,
                        .provider = route.provider,
                        .content = route.content.value_or(setup->config.content)};
        if (target.facts.provider.empty()) target.facts.provider = parsers::provider_of_host(route.upstream.host);
        target.upstream = std::move(upstream);
    }
}

void Routing::close_idle(const Routing* other) const {
    for (const Target& target : targets)
        if (other == nullptr || !other->find(target.upstream->url, target.upstream->trust))
            target.upstream->pool.clear();
}

std::shared_ptr<Upstream> Routing::find(const UpstreamUrl& where,
                                        const std::shared_ptr<const TlsContext>& trust) const noexcept {
    for (const Target& target : targets)
        if (target.upstream->leads_to(where, trust)) return target.upstream;
    return nullptr;
}

}  // namespace tokenweir::proxy
