/// OTLP 1.11 in protobuf: spans, log records and metrics as their messages.
#pragma once

#include <string>
#include <string_view>

#include "tracing/export_format.hpp"
#include "tracing/log_record.hpp"
#include "tracing/otlp_attributes.hpp"
#include "tracing/protobuf.hpp"
#include "tracing/span.hpp"

namespace tokenweir::tracing {

/// The field `spans` of a ScopeSpans message, while it is written: attributes, then events, then its end.
class OtlpSpan {
public:
    OtlpSpan(Protobuf& scope_spans, const Span& span);

    OtlpAttributes& attributes() noexcept { return attributes_; }

    /// One of the span's events, until it is destroyed.
    class Event {
    public:
        Event(Protobuf& span, const SpanEvent& event);
        OtlpAttributes& attributes() noexcept { return attributes_; }

    private:
        Protobuf::Message message_;
        OtlpAttributes attributes_;
    };
    Event event(const SpanEvent& event) { return {out_, event}; }

    /// Status and flags.
    void end(const Span& span);

private:
    Protobuf& out_;
    Protobuf::Message message_;
    OtlpAttributes attributes_;
};

/// The field `log_records` of a ScopeLogs message, while it is written: attributes, then its end.
class OtlpLogRecord {
public:
    OtlpLogRecord(Protobuf& scope_logs, const LogRecord& record);

    OtlpAttributes& attributes() noexcept { return attributes_; }

    /// The span it is in, and what it is called.
    void end(const LogRecord& record);

private:
    Protobuf& out_;
    Protobuf::Message message_;
    OtlpAttributes attributes_;
};

/// Appends the field `metrics` of a ScopeMetrics message.
void append_otlp_metric(Protobuf& scope_metrics, const Metric& metric, const MetricWindow& window);

/// The export requests of one process: spans, log records and metrics are enclosed in the same way.
class OtlpRequest {
public:
    /// An empty URL is left out.
    OtlpRequest(const FormatOptions& options, std::string_view schema_url);

    /// Fills the three parts of `payload`, the strings of which are empty.
    void enclose(Payload& payload, std::string_view scope_items) const;

private:
    std::string resource_, scope_, schema_;  // fields before the items and behind them
};

/// Of an Export…ServiceResponse.
PartialSuccess read_otlp_response(std::string_view body);

}  // namespace tokenweir::tracing
