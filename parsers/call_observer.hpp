/// The tap on one call: fed heads, body pieces and instants, it fills the call's record. It moves no bytes.
///
/// Nothing here blocks, throws, reads a clock or touches a socket, so a test, a fuzzer, a benchmark and an offline
/// replay drive it just as the relay does. On damage it stops decoding, says so in the record, and the call goes on.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "observation/clock.hpp"
#include "observation/field.hpp"
#include "observation/llm_call.hpp"
#include "observation/outcome.hpp"
#include "parsers/client_identity.hpp"
#include "parsers/content_options.hpp"
#include "parsers/digest.hpp"

namespace tokenweir::parsers {

/// What the configuration knows about the upstream of a call.
struct RouteFacts {
    std::string name;            ///< tokenweir.route
    std::string server_address;  ///< upstream host
    std::uint16_t server_port = 0;
    std::string provider;  ///< recorded verbatim; empty: recognised from port, path and headers
    ContentCapture content = ContentCapture::off;
};

struct ObserverOptions {
    bool decode = true;                                     ///< false: no body is looked at, the record says so
    double stall_seconds = 5;                               ///< gaps longer than this are stalls
    std::size_t max_event_bytes = std::size_t{8} << 20;     ///< one SSE event, or one JSON body that must be kept whole
    std::size_t max_decoded_bytes = std::size_t{64} << 20;  ///< output of one decompressed body
    std::size_t max_decoded_ratio = 200;  ///< output / input of one decompressed body, after the first MiB
    ContextOptions context;               ///< who called, and which headers say so
    KeyedHash hash{};                     ///< what stands for credentials and texts; none: nothing does
    bool hash_prompts = false;            ///< sets LlmCall::prompt_hash
    ContentOptions content{};             ///< for the routes that record what is said

    bool operator==(const ObserverOptions&) const = default;
};

struct ObservedRequest {
    std::string_view method;
    std::string_view target;  ///< path and query as received by the proxy, before a route's prefix is stripped
    std::string_view forwarded_target;  ///< path and query as sent to the upstream: decides the wire format
    Fields fields;
    std::string_view client_address;
};

struct ObservedResponse {
    int status = 0;
    Fields fields;
    Instant at{};  ///< right after the read that completed the head: for quota resets that are given as a date
};

class CallObserver {
public:
    /// Fills `call`, which is new. It and `options` must outlive the observer. `started`: the request head had arrived.
    CallObserver(const ObserverOptions& options, LlmCall& call, CallId id, WallTime started_at,
                 Instant started) noexcept;
    ~CallObserver();
    CallObserver(const CallObserver&) = delete;
    CallObserver& operator=(const CallObserver&) = delete;

    /// Everything is copied out of the views before it returns.
    void request_head(const ObservedRequest& request, const RouteFacts& route) noexcept;

    /// Payload of the request body: chunk framing removed, content coding still on. The view is not kept.
    void request_piece(std::string_view payload) noexcept;
    void request_end() noexcept;

    /// The final response head (not 1xx).
    void response_head(const ObservedResponse& response) noexcept;

    /// Payload of the response body that one read delivered at `at`. The view is not kept.
    void response_piece(std::string_view payload, Instant at) noexcept;

    /// Closes the record. `status`: what the client was sent, if anything. Call once, last.
    const LlmCall& finish(EndCause cause, std::optional<int> status, Instant at) noexcept;

    /// The record so far; the relay adds phases to its timings.
    LlmCall& call() noexcept { return call_; }

private:
    struct State;

    template <class Use>
    void guarded(Use&& use) noexcept;

    const ObserverOptions& options_;
    LlmCall& call_;
    std::optional<int> upstream_status_;
    std::unique_ptr<State> state_;  // made with the request head; none: nothing is decoded
};

}  // namespace tokenweir::parsers
