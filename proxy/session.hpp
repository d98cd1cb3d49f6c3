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
    Session(Services& services, Upstreams& upstreams, std::unique_ptr<Transport> client, TlsTransport* tls,
            std::string client_address);
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    Task<> run();

    /// Shutting down: an idle connection ends now, a call in flight is its last.
    void drain();

    /// The drain time is over.
    void cut();

private:
    enum class HeadState : std::uint8_t { complete, refused, late, closed };
    using Wait = ReadyOrLate<Transport>;

    Task<bool> handshake();
    Task<HeadState> read_head();
    Task<AfterExchange> serve();
    Task<AfterExchange> answer_probe();
    Task<> part(AfterExchange how);
    Task<> linger();
    bool is_probe() const noexcept;

    Services& services_;
    Upstreams& upstreams_;
    std::unique_ptr<Transport> client_;
    TlsTransport* tls_;
    std::string client_address_;

    std::string held_;       // bytes that outlived the buffer they were read into
    std::string current_;    // held bytes that the head being served is in
    std::string_view view_;  // what was read and not used yet: in the thread's buffer, held_ or current_
    HeadScan scan_;
    bool drained_ = false;  // the client's socket was empty when it was read last
    bool first_ = true;

    std::optional<Exchange> exchange_;
    Wait* idle_wait_ = nullptr;  // set while nothing of a next request has arrived
    bool cut_ = false;
};

}  // namespace tokenweir::proxy
