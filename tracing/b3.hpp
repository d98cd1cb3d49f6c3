/// B3 propagation (openzipkin/b3-propagation): one field `b3`, or several `X-B3-*`.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "tracing/remote_parent.hpp"

namespace tokenweir::tracing {

/// The values of the several fields; empty: absent.
struct B3Fields {
    std::string_view trace_id, span_id, sampled, flags;
};

/// Nothing: malformed. A lone decision names no trace.
std::optional<RemoteParent> parse_b3(std::string_view value) noexcept;

/// Nothing: nothing that counts is there, or it is malformed.
std::optional<RemoteParent> parse_b3(const B3Fields& fields) noexcept;

/// The value that makes the call's own span the parent. No parent of that one is named, as OpenTelemetry demands.
void append_b3(std::string& out, const TraceContext& context);

/// The same as lines with their CRLF.
void append_b3_lines(std::string& out, const TraceContext& context);

}  // namespace tokenweir::tracing
