/// How a call ended: exhaustive, mutually exclusive, decided once.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tokenweir {

enum class Outcome : std::uint8_t {
    ok,                            ///< complete 2xx or 3xx; also when the client left after the terminal event
    client_error,                  ///< upstream answered 4xx other than 429
    rate_limited,                  ///< upstream answered 429, or a rate-limit error under a 2xx
    upstream_error,                ///< upstream answered 5xx
    stream_error,                  ///< any other error body or event under a 2xx
    truncated,                     ///< upstream ended before the terminal event or the declared length
    timeout,                       ///< a configured deadline passed, timeouts.drain of a response under way included
    connect_error,                 ///< no usable response head: DNS, refused, TLS, reset
    cancelled_before_first_token,  ///< the client went away before any model output
    cancelled_mid_stream,          ///< the client went away after the first model output
    rejected,                      ///< the proxy answered by itself
};

inline constexpr std::array<std::string_view, 11> outcome_names{
    "ok",
    "client_error",
    "rate_limited",
    "upstream_error",
    "stream_error",
    "truncated",
    "timeout",
    "connect_error",
    "cancelled_before_first_token",
    "cancelled_mid_stream",
    "rejected",
};

inline constexpr std::size_t outcome_count = outcome_names.size();

constexpr std::string_view name_of(Outcome outcome) noexcept {
    return outcome_names[static_cast<std::size_t>(outcome)];
}

/// What the connections saw at the end of a call. Together with what the bytes said it decides the Outcome.
enum class EndCause : std::uint8_t {
    complete,            ///< the response ended where its framing says
    client_gone,         ///< the client closed, half-closed or reset
    upstream_closed,     ///< the upstream ended or broke the response body before its end
    no_response,         ///< the upstream closed or reset before a response head
    bad_response,        ///< the upstream's response head or body breaks HTTP
    dns,                 ///< the upstream's name did not resolve
    connect_refused,     ///< the upstream refused or was unreachable
    connect_timeout,     ///< no connection within timeouts.connect
    tls,                 ///< the TLS handshake or the certificate check failed
    first_byte_timeout,  ///< no response head within timeouts.first_byte
    idle_timeout,        ///< no byte in either direction for timeouts.idle
    drained,             ///< cut by the end of timeouts.drain at shutdown
    rejected,            ///< the proxy answered by itself
};

}  // namespace tokenweir
