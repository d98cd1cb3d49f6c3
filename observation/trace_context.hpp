/// Which trace a call belongs to (W3C Trace Context), as the values that records, spans and exemplars share.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "observation/hex.hpp"  // how ids are written

namespace tokenweir {

/// All zero bytes: there is none.
using TraceId = std::array<std::uint8_t, 16>;
using SpanId = std::array<std::uint8_t, 8>;

struct TraceContext {
    TraceId trace_id{};
    SpanId span_id{};         ///< the call's own span, which is the parent of what the upstream does
    SpanId parent_span_id{};  ///< the client's span; zero: the trace begins here
    bool sampled = false;
    bool random = false;       ///< the last seven bytes of trace_id are random (Level 2, §3.2.2.5.2)
    bool debug = false;        ///< B3's word for "sampled, whatever the samplers say"
    SpanId server_span_id{};   ///< of the request as a whole: between the client's span and the call's own
    std::string tracestate{};  ///< as it goes on, well-formed and at most 512 bytes; empty: none

    bool has_parent() const noexcept { return parent_span_id != SpanId{}; }
    bool operator==(const TraceContext&) const = default;
};

}  // namespace tokenweir
