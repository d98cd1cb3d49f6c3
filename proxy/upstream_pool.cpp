#include "proxy/upstream_pool.hpp"

namespace tokenweir::proxy {

std::unique_ptr<Transport> UpstreamPool::take() {
    while (!idle_.empty()) {
        std::unique_ptr<Transport> transport = std::move(idle_.back().transport);
        idle_.pop_back();
        services_.counters.upstream_connections_idle.remove();
        transport->ignore();
        char byte;
        // Its end may have arrived together with the last response, or since the event loop last looked.
        if (transport->read_some({&byte, 1}).status == IoResult::Status::would_block) return transport;
    }
    return nullptr;
}

void UpstreamPool::put(std::unique_ptr<Transport> transport, Instant now) {
    if (idle_.size() >= services_.config().limits.pool_idle_per_upstream || services_.draining) return;
    Idle& idle = idle_.emplace_back(*this, std::move(transport));
    idle.self = std::prev(idle_.end());
    idle.transport->when_readable(Callback::to<&Idle::discard>(&idle));
    if (const auto limit = services_.config().timeouts.pool_idle; limit.count() > 0)
        idle.deadline.set(now + limit, Callback::to<&Idle::discard>(&idle));
    services_.counters.upstream_connections_idle.add();
}

void UpstreamPool::Idle::discard() {
    pool.services_.counters.upstream_connections_idle.remove();
    pool.idle_.erase(self);
}

void UpstreamPool::clear() noexcept {
    services_.counters.upstream_connections_idle.remove(idle_.size());
    idle_.clear();
}

}  // namespace tokenweir::proxy
