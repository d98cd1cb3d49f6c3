/// A span as OpenTelemetry defines it, before it is written in one encoding or another.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "observation/trace_context.hpp"
#include "tracing/attributes.hpp"

namespace tokenweir::tracing {

enum class SpanKind : std::uint8_t { server = 2, client = 3 };  // the numbers of OTLP

constexpr std::string_view name_of(SpanKind kind) noexcept { return kind == SpanKind::server ? "SERVER" : "CLIENT"; }

/// Nanoseconds since 1970, UTC.
using UnixNanos = std::uint64_t;

struct SpanEvent {
    UnixNanos time = 0;
    std::string_view name;  ///< static text
    Attributes attributes{};
};

/// Views into the call that it was made from.
struct Span {
    TraceId trace_id{};
    SpanId span_id{};
    SpanId parent_span_id{};                              ///< zero: the root of the trace
    bool parent_is_remote = false;                        ///< another process's span
    bool sampled = false, random = false, debug = false;  ///< of the trace's context
    std::string_view tracestate{};
    std::string name{};
    SpanKind kind = SpanKind::server;
    UnixNanos start = 0, end = 0;  ///< start <= end
    Attributes attributes{};
    std::vector<SpanEvent> events{};
    bool failed = false;                ///< status ERROR; UNSET otherwise
    std::string_view status_message{};  ///< only beside ERROR
};

}  // namespace tokenweir::tracing
