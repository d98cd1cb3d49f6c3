/// What the proxy changes in a request's head on its way to the upstream, beyond what HTTP asks for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "observation/field.hpp"
#include "observation/trace_context.hpp"

namespace tokenweir {

/// What an upstream learns of the trace that a call is part of.
enum class ContextForwarding : std::uint8_t {
    none,      ///< neither the trace nor the client's baggage
    trace,     ///< the trace, with the call's own span as the parent
    all,       ///< that, and the client's baggage
    untouched  ///< the client's fields as they came
};

struct UpstreamRequest {
    Fields fields;              ///< as the client sent them
    std::string_view target;    ///< for the upstream
    const TraceContext& trace;  ///< of the call
    ContextForwarding forwarding = ContextForwarding::none;
};

/// Reused from call to call, so that it costs no allocation.
struct HeadChanges {
    std::vector<std::size_t> dropped;  ///< of the request's fields, by index
    std::string lines;                 ///< further fields, each with its CRLF

    void clear() noexcept {
        dropped.clear();
        lines.clear();
    }
};

class HeadDecorator {
public:
    virtual ~HeadDecorator() = default;

    /// Adds to `changes` what differs. Called once per call that goes to an upstream, on the I/O thread that serves it;
    /// must not block or wait. What it throws ends the call.
    virtual void decorate(const UpstreamRequest& request, HeadChanges& changes) const = 0;
};

}  // namespace tokenweir
