/// Which calls become spans: the sampled ones, and those that turned out to be worth a look.
#pragma once

#include "observation/llm_call.hpp"
#include "observation/telemetry_options.hpp"

namespace tokenweir::tracing {

/// Whether a call that is not sampled is kept all the same.
inline bool is_interesting(const LlmCall& call, const KeepOptions& keep) noexcept {
    if (keep.errors && !call.error_type.empty()) return true;
    if (keep.slower_than_seconds > 0 && Seconds(call.timings.duration()).count() > keep.slower_than_seconds)
        return true;
    return keep.costlier_than > 0 && call.cost.value_or(0) > keep.costlier_than;
}

/// A call without a trace has no spans.
inline bool becomes_spans(const LlmCall& call, const KeepOptions& keep) noexcept {
    return call.trace && (call.trace->sampled || is_interesting(call, keep));
}

}  // namespace tokenweir::tracing
