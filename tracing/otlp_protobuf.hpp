/// OTLP 1.11 in protobuf: spans, log records and metrics as their messages.
#pragma once

#include <string>

#include "tracing/export_format.hpp"
#include "tracing/log_record.hpp"
#include "tracing/span.hpp"

namespace tokenweir::tracing {

/// Appends the field `spans` of a ScopeSpans message.
void append_otlp_span(std::string& scope_spans, const Span& span);

/// Appends the field `log_records` of a ScopeLogs message.
void append_otlp_log(std::string& scope_logs, const LogRecord& record);

/// Appends the field `metrics` of a ScopeMetrics message.
void append_otlp_metric(std::string& scope_metrics, const Metric& metric, const MetricWindow& window);

/// The export request that holds them: spans, log records and metrics are enclosed in the same way. An empty URL is
/// left out.
std::string otlp_request(const FormatOptions& options, std::string_view schema_url, std::string_view scope_items);

/// Of an Export…ServiceResponse.
PartialSuccess read_otlp_response(std::string_view body);

}  // namespace tokenweir::tracing
