/// Opens connections to one upstream: name resolution, TCP, TLS, each under its deadline.
#pragma once

#include <boost/asio/ip/address.hpp>
#include <memory>
#include <optional>
#include <string>

#include "proxy/await.hpp"
#include "proxy/phase_clock.hpp"
#include "proxy/resolver.hpp"
#include "proxy/services.hpp"
#include "proxy/tls.hpp"

namespace tokenweir::proxy {

struct Connected {
    std::unique_ptr<Transport> transport;   ///< null: failed
    EndCause failure = EndCause::complete;  ///< dns, connect_refused, connect_timeout or tls
    std::string detail;                     ///< what the system said of each address, or OpenSSL
};

class Connector {
public:
    /// `tls` is null for http upstreams. All of it outlives the connector.
    Connector(Services& services, const UpstreamUrl& upstream, const TlsContext* tls);
    Connector(const Connector&) = delete;
    Connector& operator=(const Connector&) = delete;

    /// One new connection, to whichever resolved address answers first: all within timeouts.connect.
    Task<Connected> connect(const Timeouts& timeouts, PhaseClock& phases, Waits& waits);

private:
    /// At once, unless the name has never been resolved, or not for long.
    Task<Resolver::Answer> resolve(PhaseClock& phases, Waits& waits, Instant limit);
    Task<std::string> handshake(TlsTransport& transport, Waits& waits, Instant limit);

    Services& services_;
    const UpstreamUrl& upstream_;
    const TlsContext* tls_;
    std::optional<boost::asio::ip::address> numeric_;  ///< the host, where it needs no resolver
    boost::asio::ip::address last_good_;
    TlsSessionSlot tls_session_;
};

}  // namespace tokenweir::proxy
