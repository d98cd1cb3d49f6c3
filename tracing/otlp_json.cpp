/// OTLP 1.11 in JSON: lowerCamelCase keys, ids in hexadecimal, enums as numbers, 64-bit numbers as strings.
#include <simdjson.h>

#include <cmath>
#include <string>

#include "tracing/evaluation_record.hpp"
#include "tracing/export_format.hpp"
#include "tracing/json_writer.hpp"
#include "tracing/log_record.hpp"
#include "tracing/otlp_json_answer.hpp"
#include "tracing/record_json.hpp"

namespace tokenweir::tracing {
namespace {

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
    void operator()(double value) const {
        json.key("doubleValue");
        if (std::isnan(value)) {
            json.text("NaN");
        } else if (std::isinf(value)) {
            json.text(value > 0 ? "Infinity" : "-Infinity");
        } else {
            json.number(value);
        }
    }
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

void attributes(JsonWriter& json, const Attributes& list) {
    json.key("attributes").open('[');
    for (const auto& [key, value] : list.all()) attribute(json, key, value);
    json.close(']');
}

void append_span(std::string& out, const Span& span) {
    constexpr unsigned remoteness_known = 0x100, parent_is_remote = 0x200;
    constexpr int status_error = 2;
    JsonWriter json(out);
    json.open('{');
    json.key("traceId").hex(span.trace_id);
    json.key("spanId").hex(span.span_id);
    if (!span.tracestate.empty()) json.key("traceState").text(span.tracestate);
    if (span.parent_span_id != SpanId{}) json.key("parentSpanId").hex(span.parent_span_id);
    json.key("name").text(span.name).key("kind").integer(static_cast<int>(span.kind));
    json.key("startTimeUnixNano").quoted(span.start).key("endTimeUnixNano").quoted(span.end);
    attributes(json, span.attributes);
    json.key("events").open('[');
    for (const SpanEvent& event : span.events) {
        json.open('{').key("timeUnixNano").quoted(event.time).key("name").text(event.name);
        attributes(json, event.attributes);
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

void append_log(std::string& out, const LogRecord& record) {
    JsonWriter json(out);
    json.open('{').key("timeUnixNano").quoted(record.time).key("observedTimeUnixNano").quoted(record.observed);
    json.key("severityNumber").integer(record.severity_number).key("severityText").text(record.severity_text);
    json.key("body").open('{').key("stringValue").text(record.body).close('}');
    json.key("eventName").text(record.event_name);
    attributes(json, record.attributes);
    if (record.trace != nullptr) {
        json.key("flags").integer(trace_flags(record.trace->sampled, record.trace->random));
        json.key("traceId").hex(record.trace->trace_id);
        json.key("spanId").hex(record.trace->span_id);
    }
    json.close('}');
}

/// Pieces have a comma before each of them.
class OtlpJson final : public ExportFormat {
public:
    OtlpJson(OtlpSignal signal, FormatOptions options) : signal_(signal), options_(std::move(options)) {}

    std::string_view content_type() const noexcept override { return "application/json"; }

    void append(std::string& pieces, const LlmCall& call) const override {
        Attributes record;
        append_record(record, call);
        if (signal_ == OtlpSignal::logs) {
            pieces += ',';
            return append_log(pieces, log_record_of(call, record, options_.spans.dialect));
        }
        for (const Span& span : spans_of(call, record, options_.spans)) {
            pieces += ',';
            append_span(pieces, span);
        }
    }

    void append(std::string& pieces, const Evaluation& evaluation) const override {
        if (signal_ != OtlpSignal::logs) return;
        pieces += ',';
        append_log(pieces, log_record_of(evaluation));
    }

    std::string body(std::string_view pieces) const override {
        const bool is_traces = signal_ == OtlpSignal::traces;
        std::string out;
        out.reserve(pieces.size() + 1024);
        JsonWriter json(out);
        json.open('{').key(is_traces ? "resourceSpans" : "resourceLogs").open('[').open('{');
        json.key("resource").open('{').key("attributes").open('[');
        for (const auto& [key, value] : options_.resource) attribute(json, key, std::string_view(value));
        json.close(']').close('}').key(is_traces ? "scopeSpans" : "scopeLogs").open('[').open('{');
        json.key("scope").open('{').key("name").text(options_.scope_name);
        if (!options_.scope_version.empty()) json.key("version").text(options_.scope_version);
        json.close('}').key(is_traces ? "spans" : "logRecords").open('[');
        json.raw(pieces.substr(pieces.empty() ? 0 : 1)).close(']');
        json.key("schemaUrl").text(schema_url(options_.spans.dialect));
        json.close('}').close(']').close('}').close(']').close('}');
        return out;
    }

    PartialSuccess read_answer(std::string_view body) const override {
        return read_otlp_json_answer(body, signal_ == OtlpSignal::traces ? "rejectedSpans" : "rejectedLogRecords");
    }

private:
    const OtlpSignal signal_;
    const FormatOptions options_;
};

}  // namespace

std::unique_ptr<ExportFormat> otlp_json(OtlpSignal signal, FormatOptions options) {
    return std::make_unique<OtlpJson>(signal, std::move(options));
}

}  // namespace tokenweir::tracing
