/// What a client says about the trace that its request is part of, in whichever form it says it.
#pragma once

#include <optional>

#include "observation/trace_context.hpp"

namespace tokenweir::tracing {

struct RemoteParent {
    TraceId trace_id{};             ///< zero: no trace is named, only a decision
    SpanId span_id{};               ///< the client's span; zero together with trace_id
    std::optional<bool> sampled{};  ///< absent: the decision is left to the receiver (B3)
    bool random = false;            ///< see TraceContext
    bool debug = false;

    bool names_trace() const noexcept { return trace_id != TraceId{}; }
    bool operator==(const RemoteParent&) const = default;
};

}  // namespace tokenweir::tracing
