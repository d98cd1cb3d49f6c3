/// When things happened to a call, and where its time went.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "observation/clock.hpp"

namespace tokenweir {

/// Disjoint parts of a call's duration; what is left over is the proxy's own overhead.
enum class Phase : std::uint8_t {
    request_upload,       ///< waiting for the client's next request byte
    dns,                  ///< resolving the upstream's name
    connect,              ///< TCP connect
    tls,                  ///< TLS handshake with the upstream
    upstream_wait,        ///< request sent, no response body byte yet
    generation,           ///< waiting for the upstream's next response byte
    client_backpressure,  ///< the client reads slower than the upstream writes
};

inline constexpr std::array<std::string_view, 7> phase_names{
    "request_upload", "dns", "connect", "tls", "upstream_wait", "generation", "client_backpressure",
};

inline constexpr std::size_t phase_count = phase_names.size();

struct Timings {
    WallTime started_at{};                ///< wall clock of `started`
    Instant started{};                    ///< the request head had arrived
    Instant ended{};                      ///< the last byte was written to the client, or the call ended otherwise
    std::optional<Instant> first_byte;    ///< first response body byte read from the upstream
    std::optional<Instant> first_token;   ///< first event with model output of any kind
    std::optional<Instant> first_answer;  ///< first visible answer text or tool call
    std::optional<Instant> first_stall;   ///< the last output before the first gap that was a stall
    std::optional<Instant> retried;       ///< the request was sent again, on a fresh connection
    std::array<std::optional<Duration>, phase_count> phases{};  ///< absent: the call was never in that phase

    void add(Phase phase, Duration spent) noexcept {
        auto& total = phases[static_cast<std::size_t>(phase)];
        total = total.value_or(Duration::zero()) + spent;
    }

    Duration duration() const noexcept { return ended - started; }

    /// Duration minus the sum of the phases: the time spent inside the proxy and nowhere else.
    Duration overhead() const noexcept {
        Duration rest = duration();
        for (const auto& phase : phases) rest -= phase.value_or(Duration::zero());
        return rest < Duration::zero() ? Duration::zero() : rest;
    }

    bool operator==(const Timings&) const = default;
};

}  // namespace tokenweir
