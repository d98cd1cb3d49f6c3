/// Where a call gets its place in a trace from.
#pragma once

#include "observation/field.hpp"
#include "observation/trace_context.hpp"

namespace tokenweir {

class TraceSource {
public:
    virtual ~TraceSource() = default;

    /// The context of a call whose request has these fields. Called once per call, on the I/O thread that serves it;
    /// must not block or wait. What it throws ends the call.
    virtual TraceContext trace_of(Fields request_fields) const = 0;
};

}  // namespace tokenweir
