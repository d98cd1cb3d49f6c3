/// Opens connections to one upstream: name resolution, TCP, TLS, each under its deadline.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "proxy/await.hpp"
#include "proxy/phase_clock.hpp"
#include "proxy/services.hpp"
#include "proxy/tls.hpp"

namespace tokenweir::proxy {

struct Connected {
    std::unique_ptr<Transport> transport;   ///< null: failed
    EndCause failure = EndCause::complete;  ///< dns, connect_refused, connect_timeout or tls
    std::string detail;                     ///< what the system or OpenSSL said
};

class Connector {
public:
    /// `tls` is null for http upstreams. All of it outlives the connector.
    Connector(Services& services, const UpstreamUrl& upstream, const TlsContext* tls);
    Connector(const Connector&) = delete;
    Connector& operator=(const Connector&) = delete;

    /// One new connection. Tries the resolved addresses in turn within timeouts.connect.
    Task<Connected> connect(const Timeouts& timeouts, PhaseClock& phases, Waits& waits);

private:
    using Endpoints = std::vector<boost::asio::ip::tcp::endpoint>;

    /// Numeric addresses at once, names by the system's resolver on Asio's resolver thread, kept for a while; a failed
    /// look-up falls back to the addresses of the last good one.
    Task<std::string> resolve(PhaseClock& phases, Waits& waits, Instant limit);
    Task<std::string> connected_or_why_not(Readiness& socket, Waits& waits, Instant limit);
    Task<std::string> handshake(TlsTransport& transport, Waits& waits, Instant limit);

    Services& services_;
    const UpstreamUrl& upstream_;
    const TlsContext* tls_;
    boost::asio::ip::tcp::resolver resolver_;
    Endpoints endpoints_;
    Instant endpoints_until_{};
    TlsSessionSlot tls_session_;
};

}  // namespace tokenweir::proxy
