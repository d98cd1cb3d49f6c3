/// One request and its response: route, connect, relay, and on every path exactly one record.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "parsers/call_observer.hpp"
#include "proxy/await.hpp"
#include "proxy/relay.hpp"
#include "proxy/routing.hpp"

namespace tokenweir::proxy {

/// What becomes of the client's connection.
enum class AfterExchange : std::uint8_t {
    next_request,  ///< keep it
    linger,        ///< close it once the client has read what was sent (RFC 9112 §9.6)
    close,         ///< close it
    reset          ///< close it so that the client cannot take what it got for complete
};

class Exchange {
public:
    /// The call is accepted here, and keeps the present setup. `leftover` takes pipelined bytes. All references outlive
    /// the exchange.
    Exchange(Services& services, Waits& waits, Transport& client, std::string_view client_address,
             std::string& leftover);
    ~Exchange();
    Exchange(const Exchange&) = delete;
    Exchange& operator=(const Exchange&) = delete;

    /// Serves the request whose head is in services.request_head. `body_start`: what arrived behind it. Both may be
    /// views into the thread's buffers: they are used before the first suspension, or copied.
    Task<AfterExchange> run(std::string_view body_start, bool client_drained);

    /// Answers a head that the guard refused; services.request_head holds what could be read of it.
    Task<AfterExchange> refuse(Refusal refusal);

    /// The drain time is over, and `waits` refuse: ends the call now. May destroy this object.
    void cut();

    /// After next_request: the client's socket was empty when it was read last, and has been watched since.
    bool client_drained() const noexcept { return client_drained_; }

    /// Once run() or refuse() has ended: when the call did.
    Instant ended_at() const noexcept { return ended_at_; }

private:
    struct Reply;

    Exchange(Services& services, Waits& waits, Transport& client, std::string_view client_address,
             std::string& leftover, WallTime wall_time, Instant now);

    Task<AfterExchange> forward(const Target& target, std::string_view body_start, bool client_drained);
    AfterExchange conclude(const RelayResult& result, Instant now);
    Task<AfterExchange> answer_for(const RelayResult& result);
    Task<AfterExchange> reply(Reply answer);
    Task<Connected> connect(Upstream& upstream, std::string& kept_body);
    Task<AfterExchange> answer_unconnected(const Target& target, Connected failed);
    const char* error_in_body(std::string_view start) const noexcept;  // null: none as far as it goes
    void show_head(std::string_view target, std::string_view forwarded_target, const parsers::RouteFacts& route);
    void show_body(std::string_view bytes);
    void record(EndCause cause, std::optional<int> status, Instant now) noexcept;

    Services& services_;
    const std::shared_ptr<const Routing> routing_;
    const Config& config_;
    Waits& waits_;
    Transport& client_;
    std::string_view client_address_;
    std::string& leftover_;
    const std::shared_ptr<LlmCall> call_;  // shared by whoever gets the record
    parsers::CallObserver observer_;
    PhaseClock phases_;
    RelayRequest request_;
    std::optional<Relay> relay_;
    const Instant started_at_;
    Instant ended_at_{};
    bool client_drained_ = false;
    bool recorded_ = false;
};

}  // namespace tokenweir::proxy
