/// Continues the trace that a client has begun, or begins one, and tells upstreams about it as far as they may know.
#pragma once

#include <optional>
#include <vector>

#include "observation/head_decorator.hpp"
#include "observation/telemetry_options.hpp"
#include "observation/trace_source.hpp"
#include "tracing/context_fields.hpp"
#include "tracing/sampler.hpp"

namespace tokenweir::tracing {

class Propagation final : public TraceSource, public HeadDecorator {
public:
    explicit Propagation(const PropagationOptions& options = {}, const SamplerOptions& sampler = {});

    /// Reads W3C Trace Context and B3; docs/tracing.md says what counts where several are there. About 0.2 µs.
    TraceContext trace_of(Fields request_fields) const override;

    /// Replaces the client's context by the call's own, or takes it away. A group of fields of which one is part of an
    /// AWS signature (SignedHeaders) stays as it is, and none is added to it.
    void decorate(const UpstreamRequest& request, HeadChanges& changes) const override;

private:
    std::optional<RemoteParent> parent_in(Fields fields, TraceContext& context) const;
    void add_lines(const UpstreamRequest& request, ContextGroups found, ContextGroups kept, std::string& lines) const;

    bool passes(ContextGroup group, ContextForwarding forwarding) const noexcept;

    std::vector<ContextGroup> read_;  // in this order; one of B3's two forms stands for both
    bool automatic_;                  // the client's kinds are sent
    ContextGroups sent_;              // otherwise these
    Sampler sampler_;
};

}  // namespace tokenweir::tracing
