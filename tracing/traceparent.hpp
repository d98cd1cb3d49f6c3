/// The field `traceparent` (W3C Trace Context, Level 2, §3.2).
#pragma once

#include <optional>
#include <string_view>

#include "observation/trace_context.hpp"

namespace tokenweir::tracing {

/// Trace, parent and the flag `sampled`; the span id is left to the caller. Nothing: the field is not valid, and a
/// trace begins. Later versions are read as far as they look like version 00.
std::optional<TraceContext> parse_traceparent(std::string_view value) noexcept;

}  // namespace tokenweir::tracing
