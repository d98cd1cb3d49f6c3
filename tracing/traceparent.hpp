/// The field `traceparent` (W3C Trace Context, Level 2, §3.2).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "tracing/remote_parent.hpp"

namespace tokenweir::tracing {

/// Nothing: the field is not valid, and a trace begins. Later versions are read as far as they look like version 00.
std::optional<RemoteParent> parse_traceparent(std::string_view value) noexcept;

/// The value that makes the call's own span the parent, in version 00.
void append_traceparent(std::string& out, const TraceContext& context);

}  // namespace tokenweir::tracing
