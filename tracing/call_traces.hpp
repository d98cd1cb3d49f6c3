/// Continues the trace that the client has begun, or begins one.
#pragma once

#include "observation/trace_source.hpp"

namespace tokenweir::tracing {

class CallTraces final : public TraceSource {
public:
    /// The client's decision to sample is kept; a trace that begins here is sampled (parentbased_always_on).
    TraceContext trace_of(Fields request_fields) const noexcept override;
};

}  // namespace tokenweir::tracing
