/// Moves one request and its response between two transports, byte for byte, as the bytes arrive.
///
/// In each direction: read a piece, take the instant, find the body's end in it, write it to the other side, show it to
/// the observer, wait again. What the other side does not take at once is kept (one read at most) and nothing more is
/// read until it is gone. Everything runs in readiness callbacks over the thread's shared buffer; a waiting relay owns
/// no buffer.
#pragma once

#include <cstdint>
#include <exception>
#include <optional>
#include <string>
#include <string_view>

#include "parsers/call_observer.hpp"
#include "proxy/phase_clock.hpp"
#include "proxy/services.hpp"
#include "proxy/transport.hpp"

namespace tokenweir::proxy {

/// What the relay needs to remember of the request head.
struct RelayRequest {
    Framing framing;
    Version version = Version::http_1_1;
    bool keep_alive = true;
    std::string method;
};

struct RelayResult {
    EndCause cause = EndCause::complete;
    std::optional<int> status;       ///< of the response head that was passed on
    bool response_started = false;   ///< some byte of a final response head was passed on: no reply of our own any more
    bool interim_cut = false;        ///< part of an interim head was passed on, its end was not: no reply either
    bool client_reusable = false;    ///< the client's next request may follow
    bool client_drained = false;     ///< its socket held nothing when it was read last, and is still being watched
    bool upstream_reusable = false;  ///< the upstream connection may serve another request
    bool upstream_silent = false;    ///< not one byte came back: what stale connections do
    bool request_unsent = false;     ///< not one byte of the request left: safe to send anything again
    bool cut_needs_reset = false;    ///< a plain close would look like a complete response
    Refusal refusal{};               ///< why the proxy itself ended the call, where it did

    /// The client is there, and nothing of a response was passed on to it.
    bool unanswered() const noexcept { return !response_started && !interim_cut && cause != EndCause::client_gone; }
};

inline constexpr Refusal shutting_down{503, "the proxy is shutting down"};

class Relay {
public:
    /// `leftover` takes what the client sent beyond this request. All references outlive the relay.
    Relay(Services& services, const Config& config, Transport& client, std::string& leftover,
          parsers::CallObserver& observer, PhaseClock& phases);
    Relay(const Relay&) = delete;
    Relay& operator=(const Relay&) = delete;

    /// Sends `head` (already rewritten) and relays. `body_start`: what arrived behind the request head, pipelined
    /// requests included; both may be views into the thread's buffers. `client_drained`: the read that delivered it
    /// emptied the socket. `now`: an instant since the last wait.
    void start(Transport& upstream, const RelayRequest& request, std::string_view head, std::string_view body_start,
               bool client_drained, Instant now);

    /// Once it has finished nothing moves any more and both transports are left alone.
    bool finished() const noexcept { return finished_; }

    /// `callback` may destroy the relay. Not called for what already finished inside start().
    void when_finished(Callback callback) noexcept { done_ = callback; }
    const RelayResult& result() const noexcept { return result_; }

    /// Ends the call from outside: the drain time is over.
    void cut();

private:
    /// `Step` for the reactor or the wheel. What it throws ends the call, not the process.
    template <void (Relay::*Step)()>
    Callback calling() noexcept {
        return Callback::to<&Relay::take<Step>>(this);
    }
    template <void (Relay::*Step)()>
    void take() {
        try {
            (this->*Step)();
        } catch (const std::exception&) {
            give_up();
        }
        settle();
    }

    void on_client_readable();
    void on_client_writable();
    void on_upstream_readable();
    void on_upstream_writable();
    void on_deadline();
    void give_up() noexcept;
    void settle();  // hands over to whoever waits; nothing of the relay may be touched afterwards

    BodyScanner::Result scan_body(BodyScanner& body, std::string_view bytes);

    void read_client();
    void upload(std::string_view head, std::string_view bytes, Instant now);
    void send_upstream(std::string_view head, std::string_view body);
    void upload_ended(Instant now);

    void read_upstream();
    void upstream_ended(bool properly);
    void read_response_heads(std::string_view bytes, Instant now);
    void pass_interim_head();
    void pass_final_head(std::string_view bytes, Instant now);
    void pass_body(std::string_view head, std::string_view bytes, Instant now);
    void send_client(std::string_view head, std::string_view body);
    void finish_if_delivered();

    bool may_read_client() const noexcept;
    void progress(Instant now) noexcept;
    void request_sent(Instant now) noexcept;
    void rest();
    Phase waiting_for() const noexcept;
    void finish(EndCause cause);

    Services& services_;
    const Config& config_;  // the call's own: a reload does not change it
    Transport& client_;
    Transport* upstream_ = nullptr;
    const RelayRequest* request_ = nullptr;
    std::string& leftover_;
    parsers::CallObserver& observer_;
    PhaseClock& phases_;

    BodyScanner request_body_;
    BodyScanner response_body_;
    std::string to_upstream_;   // what the upstream did not take yet
    std::string to_client_;     // what the client did not take yet
    std::string partial_head_;  // of a response
    std::size_t head_resume_ = 0;
    std::size_t interim_bytes_ = 0;  // of interim heads so far

    bool client_drained_ = false;
    bool request_begun_ = false;  // some byte of the request has left
    bool upload_done_ = false;
    bool upload_broken_ = false;  // the upstream takes no more of it; its answer may still come
    bool upstream_spoke_ = false;
    bool head_passed_ = false;
    bool body_seen_ = false;
    bool response_done_ = false;
    bool dechunk_ = false;  // HTTP/1.0 client, chunked response
    bool until_close_ = false;
    bool keep_client_ = false;
    bool keep_upstream_ = false;
    bool probe_due_ = false;  // a short read may have hidden an end of stream that came with the data
    bool finished_ = false;

    Deadline deadline_;
    Instant limit_ = Instant::max();
    Callback done_;
    RelayResult result_;
};

}  // namespace tokenweir::proxy
