/// What the operator wants of traces: how they are continued, sampled and passed on.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tokenweir {

/// The values of OTEL_PROPAGATORS that are known here.
enum class Propagator : std::uint8_t {
    tracecontext,  ///< traceparent and tracestate (W3C Trace Context)
    baggage,       ///< W3C Baggage
    b3,            ///< B3, sent as one field
    b3multi        ///< B3, sent as X-B3-*
};

struct PropagationOptions {
    /// Read in this order, and all of them sent; none: nothing is read and nothing is sent. Absent: all are read, and
    /// an upstream gets the kinds that the client sent, or traceparent if it sent none.
    std::optional<std::vector<Propagator>> propagators{};

    bool operator==(const PropagationOptions&) const = default;
};

/// OTEL_TRACES_SAMPLER and OTEL_TRACES_SAMPLER_ARG.
struct SamplerOptions {
    enum class Root : std::uint8_t { always_on, always_off, ratio };

    bool parent_based = true;  ///< a client's decision is kept; what follows decides where there is none
    Root root = Root::always_on;
    double ratio = 1;  ///< of the traces, for Root::ratio; 0 to 1

    bool operator==(const SamplerOptions&) const = default;
};

/// Calls that are kept although they were not sampled; all of them are off by default.
struct KeepOptions {
    bool errors = false;
    double slower_than_seconds = 0;  ///< 0: off
    double costlier_than = 0;        ///< US dollars; 0: off

    bool operator==(const KeepOptions&) const = default;
};

/// Where a back end takes records: http(s)://host[:port]/target
struct Endpoint {
    bool tls = false;
    std::string host{};  ///< without brackets
    std::uint16_t port = 0;
    std::string target = "/";

    bool operator==(const Endpoint&) const = default;
};

/// A field that goes with every request to a back end.
using HeaderLine = std::pair<std::string, std::string>;

/// Attributes that a back end wants beside those of OpenTelemetry.
enum class TraceProfile : std::uint8_t { openinference, langfuse };

}  // namespace tokenweir
