/// Which traces are kept: OpenTelemetry's samplers, by thresholds on the randomness of trace ids.
#pragma once

#include <cstdint>

#include "observation/telemetry_options.hpp"
#include "observation/trace_context.hpp"
#include "tracing/remote_parent.hpp"

namespace tokenweir::tracing {

class Sampler {
public:
    explicit Sampler(const SamplerOptions& options) noexcept;

    /// Sets `sampled` of a context whose ids and tracestate are set, and writes the threshold into the tracestate where
    /// it was by a ratio. `parent`: what the client said, if anything.
    void decide(TraceContext& context, const RemoteParent* parent) const noexcept;

private:
    bool parent_based_;
    bool by_ratio_;
    std::uint64_t threshold_;  // of 56 bits: sampled are the traces whose randomness is not below it
};

}  // namespace tokenweir::tracing
