/// One client connection: TLS handshake, then exchange after exchange until it ends.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "proxy/await.hpp"
#include "proxy/exchange.hpp"

namespace tokenweir::proxy {

class Session {
public:
    /// `tls` is the same object as `client` when a handshake comes first, else null.
    Session(Services& services, std::unique_ptr<Transport> client, TlsTransport* tls, std::string client_address);
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    Task<> run();

    /// services.draining has been set since the last event: a connection that is idle ends now, a request that is there
    /// or on its way is the last one. May destroy this object.
    void drain();

    /// The drain time is over: whatever this waits for ends now. May destroy this object.
    void cut();

private:
    enum class HeadState : std::uint8_t {
        complete,
        refused,
        late,
        closed,
        none_follows  ///< draining, and nothing came behind the last request
    };
    using Wait = ReadyOrLate<Transport>;

    Task<bool> handshake();
    Task<HeadState> read_head(Instant now);
    Instant idle_limit() const noexcept;
    Task<AfterExchange> serve();
    Task<AfterExchange> answer_probe();
    Task<> part(AfterExchange how);
    Task<> linger();
    bool is_probe() const noexcept;

    Services& services_;
    std::unique_ptr<Transport> client_;
    TlsTransport* tls_;
    std::string client_address_;
    Waits waits_;
    Instant connected_at_;  // and a TLS handshake is over

    std::string held_;       // bytes that outlived the buffer they were read into
    std::string current_;    // held bytes that the head being served is in
    std::string_view view_;  // what was read and not used yet: in the thread's buffer, held_ or current_
    HeadScan scan_;
    bool drained_ = false;  // the client's socket was empty when it was read last
    bool first_ = true;
    bool idle_ = false;  // waiting, and nothing of a next request has arrived

    std::optional<Exchange> exchange_;
};

}  // namespace tokenweir::proxy
