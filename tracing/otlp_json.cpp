/// OTLP 1.11 in JSON: lowerCamelCase keys, ids in hexadecimal, enums as numbers, 64-bit numbers as strings.
#include <simdjson.h>

#include <cmath>
#include <string>

#include "tracing/evaluation_record.hpp"
#include "tracing/export_format.hpp"
#include "tracing/json_writer.hpp"
#include "tracing/log_record.hpp"
#include "tracing/otlp_json_answer.hpp"

namespace tokenweir::tracing {
namespace {

JsonWriter& number(JsonWriter& json, double value) {
    if (std::isfinite(value)) return json.number(value);
    return json.text(std::isnan(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity");
}

struct AnyValue {
    JsonWriter& json;

    void whole(std::string_view text) const { json.key("stringValue").text(text, std::string_view::npos); }
    void structure(simdjson::dom::element element) const {  // NOLINT(misc-no-recursion): as deep as the parser lets it
        using simdjson::dom::element_type;
        switch (element.type()) {
            case element_type::OBJECT:
                json.key("kvlistValue").open('{').key("values").open('[');
                for (const auto member : simdjson::dom::object(element)) {
                    json.open('{').key("key").text(member.key).key("value").open('{');
                    structure(member.value);
                    json.close('}').close('}');
                }
                json.close(']').close('}');
                return;
            case element_type::ARRAY:
                json.key("arrayValue").open('{').key("values").open('[');
                for (const simdjson::dom::element item : simdjson::dom::array(element)) {
                    json.open('{');
                    structure(item);
                    json.close('}');
                }
                json.close(']').close('}');
                return;
            case element_type::STRING: return whole(std::string_view(element));
            case element_type::BOOL: return (*this)(bool(element));
            case element_type::INT64: return (*this)(std::int64_t(element));
            case element_type::UINT64:
            case element_type::DOUBLE: return (*this)(double(element));
            case element_type::NULL_VALUE: return;  // an AnyValue without a value
        }
    }

    void operator()(bool value) const { json.key("boolValue").boolean(value); }
    void operator()(std::int64_t value) const { json.key("intValue").quoted(value); }
    void operator()(double value) const { number(json.key("doubleValue"), value); }
    void operator()(std::string_view value) const { json.key("stringValue").text(value); }
    void operator()(const JsonText& text) const {
        simdjson::dom::parser parser;
        simdjson::dom::element element;
        if (text.as_text || parser.parse(simdjson::padded_string(text.json)).get(element) != simdjson::SUCCESS)
            whole(text.json);
        else
            structure(element);
    }
    void operator()(std::span<const std::string> values) const {
        json.key("arrayValue").open('{').key("values").open('[');
        for (const std::string& value : values) json.open('{').key("stringValue").text(value).close('}');
        json.close(']').close('}');
    }
};

void attribute(JsonWriter& json, std::string_view key, const AttributeValue& value) {
    json.open('{').key("key").text(key).key("value").open('{');
    std::visit(AnyValue{json}, value);
    json.close('}').close('}');
}

class JsonAttributes final : public AttributeSink {
public:
    explicit JsonAttributes(JsonWriter& json) : json_(json) {}

    void add(const AttributeKey& key, const AttributeValue& value) override { attribute(json_, key.whole(), value); }

private:
    JsonWriter& json_;
};

/// The member `attributes`: those that `add` adds to a sink.
void attributes(JsonWriter& json, const auto& add) {
    json.key("attributes").open('[');
    JsonAttributes sink(json);
    add(sink);
    json.close(']');
}

void append_span(std::string& out, const Span& span, const LlmCall& call, const SpanOptions& options) {
    constexpr unsigned remoteness_known = 0x100, parent_is_remote = 0x200;
    constexpr int status_error = 2;
    JsonWriter json(out);
    json.open('{');
    json.key("traceId").hex(span.trace_id);
    json.key("spanId").hex(span.span_id);
    if (!span.tracestate.empty()) json.key("traceState").text(span.tracestate);
    if (span.parent_span_id != SpanId{}) json.key("parentSpanId").hex(span.parent_span_id);
    json.key("name").text(span.name.whole()).key("kind").integer(static_cast<int>(span.kind));
    json.key("startTimeUnixNano").quoted(span.start).key("endTimeUnixNano").quoted(span.end);
    attributes(json, [&](AttributeSink& sink) { add_attributes(sink, span, call, options); });
    json.key("events").open('[');
    for (const SpanEvent& event : events_of(span, call)) {
        json.open('{').key("timeUnixNano").quoted(event.time).key("name").text(event.name);
        attributes(json, [&](AttributeSink& sink) { add_attributes(sink, event, call); });
        json.close('}');
    }
    json.close(']');
    if (span.failed) {
        json.key("status").open('{').key("code").integer(status_error);
        if (!span.status_message.empty()) json.key("message").text(span.status_message);
        json.close('}');
    }
    json.key("flags").integer(remoteness_known | (span.parent_is_remote ? parent_is_remote : 0U) |
                              trace_flags(span.sampled, span.random));
    json.close('}');
}

void append_log(std::string& out, const LogRecord& record, const auto& add) {
    JsonWriter json(out);
    json.open('{').key("timeUnixNano").quoted(record.time).key("observedTimeUnixNano").quoted(record.observed);
    json.key("severityNumber").integer(record.severity_number).key("severityText").text(record.severity_text);
    json.key("body").open('{').key("stringValue").text(record.body).close('}');
    json.key("eventName").text(record.event_name);
    attributes(json, add);
    if (record.trace != nullptr) {
        json.key("flags").integer(trace_flags(record.trace->sampled, record.trace->random));
        json.key("traceId").hex(record.trace->trace_id);
        json.key("spanId").hex(record.trace->span_id);
    }
    json.close('}');
}

void append_point(JsonWriter& json, const Metric& metric, const MetricPoint& point, const MetricWindow& window) {
    json.open('{');
    if (metric.kind != Metric::Kind::gauge) json.key("startTimeUnixNano").quoted(window.start);
    json.key("timeUnixNano").quoted(window.time);
    if (metric.kind != Metric::Kind::histogram) {
        number(json.key("asDouble"), point.value);
    } else {
        number(json.key("count").quoted(point.count()).key("sum"), point.value);
        json.key("bucketCounts").open('[');
        for (const std::uint64_t count : point.bucket_counts) json.quoted(count);
        json.close(']').key("explicitBounds").open('[');
        for (const double bound : metric.bounds) number(json, bound);
        json.close(']');
    }
    json.key("exemplars").open('[');
    for (const Exemplar& exemplar : point.exemplars) {
        json.open('{').key("timeUnixNano").quoted(exemplar.unix_nanos());
        number(json.key("asDouble"), exemplar.value);
        json.key("spanId").hex(exemplar.span_id).key("traceId").hex(exemplar.trace_id).close('}');
    }
    json.close(']').key("attributes").open('[');
    for (const auto& [key, value] : point.attributes) attribute(json, key, std::string_view(value));
    json.close(']').close('}');
}

void append_metric(std::string& out, const Metric& metric, const MetricWindow& window) {
    constexpr int cumulative = 2;
    const bool is_sum = metric.kind == Metric::Kind::sum, is_gauge = metric.kind == Metric::Kind::gauge;
    JsonWriter json(out);
    json.open('{').key("name").text(metric.name).key("description").text(metric.description);
    json.key("unit").text(metric.unit).key(is_sum ? "sum" : is_gauge ? "gauge" : "histogram").open('{');
    if (!is_gauge) json.key("aggregationTemporality").integer(cumulative);
    if (is_sum) json.key("isMonotonic").boolean(true);
    json.key("dataPoints").open('[');
    for (const MetricPoint& point : metric.points) append_point(json, metric, point, window);
    json.close(']').close('}').close('}');
}

/// What a signal calls its parts.
struct SignalKeys {
    std::string_view resources, scopes, items, rejected;
};
constexpr SignalKeys trace_keys{"resourceSpans", "scopeSpans", "spans", "rejectedSpans"};
constexpr SignalKeys log_keys{"resourceLogs", "scopeLogs", "logRecords", "rejectedLogRecords"};
constexpr SignalKeys metric_keys{"resourceMetrics", "scopeMetrics", "metrics", "rejectedDataPoints"};

/// What is around the items of every request. Pieces have a comma before each of them.
template <class Format>
class OtlpEnvelope : public Format {
public:
    OtlpEnvelope(const SignalKeys& keys, FormatOptions options) : keys_(keys), options_(std::move(options)) {}

    std::string_view content_type() const noexcept override { return "application/json"; }

    void enclose(Payload& payload, std::string_view pieces) const override {
        JsonWriter json(payload.head);
        json.open('{').key(keys_.resources).open('[').open('{');
        json.key("resource").open('{').key("attributes").open('[');
        for (const auto& [key, value] : options_.resource) attribute(json, key, std::string_view(value));
        json.close(']').close('}').key(keys_.scopes).open('[').open('{');
        json.key("scope").open('{').key("name").text(options_.scope_name);
        if (!options_.scope_version.empty()) json.key("version").text(options_.scope_version);
        json.close('}').key(keys_.items).open('[');
        payload.items = pieces.substr(pieces.empty() ? 0 : 1);
        JsonWriter tail(payload.tail);
        tail.close(']').key("schemaUrl").text(schema_url(options_.spans.dialect));
        tail.close('}').close(']').close('}').close(']').close('}');
    }

    PartialSuccess read_answer(std::string_view body) const override {
        return read_otlp_json_answer(body, keys_.rejected);
    }

protected:
    const SignalKeys keys_;
    const FormatOptions options_;
};

class OtlpMetricsJson final : public OtlpEnvelope<MetricsFormat> {
public:
    explicit OtlpMetricsJson(FormatOptions options) : OtlpEnvelope(metric_keys, std::move(options)) {}

    void append(std::string& pieces, const Metric& metric, const MetricWindow& window) override {
        pieces += ',';
        append_metric(pieces, metric, window);
    }
};

class OtlpJson final : public OtlpEnvelope<ExportFormat> {
public:
    OtlpJson(OtlpSignal signal, FormatOptions options)
        : OtlpEnvelope(signal == OtlpSignal::traces ? trace_keys : log_keys, std::move(options)), signal_(signal) {}

    void append(Protobuf& pieces, const LlmCall& call) override {
        text_.clear();
        if (signal_ == OtlpSignal::logs) {
            const GenAiDialect dialect = options_.spans.dialect;
            text_ += ',';
            append_log(text_, log_record_of(call, dialect),
                       [&](AttributeSink& sink) { add_attributes(sink, call, dialect); });
        } else {
            spans_.of(call, [&](const Span& span) {
                text_ += ',';
                append_span(text_, span, call, options_.spans);
            });
        }
        pieces.raw(text_);
    }

    void append(Protobuf& pieces, const Evaluation& evaluation) override {
        if (signal_ != OtlpSignal::logs) return;
        text_ = ',';
        append_log(text_, log_record_of(evaluation), [&](AttributeSink& sink) { add_attributes(sink, evaluation); });
        pieces.raw(text_);
    }

private:
    const OtlpSignal signal_;
    CallSpans spans_{options_.spans};
    std::string text_;  // of one piece
};

}  // namespace

std::unique_ptr<ExportFormat> otlp_json(OtlpSignal signal, FormatOptions options) {
    return std::make_unique<OtlpJson>(signal, std::move(options));
}

std::unique_ptr<MetricsFormat> otlp_json_metrics(FormatOptions options) {
    return std::make_unique<OtlpMetricsJson>(std::move(options));
}

}  // namespace tokenweir::tracing
