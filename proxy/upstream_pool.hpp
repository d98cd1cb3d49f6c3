/// Idle connections to one upstream, kept by one thread. The one used last is used first.
#pragma once

#include <list>
#include <memory>

#include "proxy/services.hpp"
#include "proxy/transport.hpp"

namespace tokenweir::proxy {

class UpstreamPool {
public:
    explicit UpstreamPool(Services& services) : services_(services) {}
    ~UpstreamPool() { clear(); }
    UpstreamPool(const UpstreamPool&) = delete;
    UpstreamPool& operator=(const UpstreamPool&) = delete;

    /// A connection that the upstream has neither closed nor written to, or null. Costs one read.
    std::unique_ptr<Transport> take();

    /// Only for a connection whose last response ended exactly where its framing says. Closes it when there are enough.
    void put(std::unique_ptr<Transport> transport, Instant now);

    void clear() noexcept;

private:
    /// Watched while it waits: whatever becomes readable, a byte or the end, ends its life here.
    struct Idle {
        Idle(UpstreamPool& owner, std::unique_ptr<Transport> connection)
            : pool(owner), transport(std::move(connection)), deadline(owner.services_.wheel) {}
        void discard();

        UpstreamPool& pool;
        std::unique_ptr<Transport> transport;
        Deadline deadline;
        std::list<Idle>::iterator self;
    };

    Services& services_;
    std::list<Idle> idle_;
};

}  // namespace tokenweir::proxy
