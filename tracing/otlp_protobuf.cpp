#include "tracing/otlp_protobuf.hpp"

#include <simdjson.h>

#include <protozero/pbf_message.hpp>
#include <protozero/pbf_writer.hpp>

#include "observation/utf8.hpp"
#include "tracing/evaluation_record.hpp"
#include "tracing/record_json.hpp"

namespace tokenweir::tracing {
namespace {

using protozero::pbf_writer;

// Field numbers, by message. Sources: opentelemetry/proto/{common,resource,trace,logs}/v1, collector/*/v1.
enum class AnyValueField : protozero::pbf_tag_type {
    string_value = 1,
    bool_value,
    int_value,
    double_value,
    array_value,
    kvlist_value
};
enum class KeyValueField : protozero::pbf_tag_type { key = 1, value };
enum class SpanField : protozero::pbf_tag_type {
    trace_id = 1,
    span_id,
    trace_state,
    parent_span_id,
    name,
    kind,
    start_time_unix_nano,
    end_time_unix_nano,
    attributes,
    events = 11,
    status = 15,
    flags
};
enum class EventField : protozero::pbf_tag_type { time_unix_nano = 1, name, attributes };
enum class LogField : protozero::pbf_tag_type {
    time_unix_nano = 1,
    severity_number,
    severity_text,
    body = 5,
    attributes,
    flags = 8,
    trace_id,
    span_id,
    observed_time_unix_nano,
    event_name
};
constexpr protozero::pbf_tag_type array_values = 1, kvlist_values = 1;
constexpr protozero::pbf_tag_type status_message = 2, status_code = 3;
constexpr protozero::pbf_tag_type scope_items_field = 2;  // ScopeSpans.spans, ScopeLogs.log_records

constexpr int status_error = 2;
constexpr std::uint32_t remoteness_known = 0x100, parent_is_remote = 0x200;

template <class Field>
constexpr protozero::pbf_tag_type tag(Field field) noexcept {
    return static_cast<protozero::pbf_tag_type>(field);
}

/// Back ends refuse a whole batch for one string that is not UTF-8.
void add_text(pbf_writer& message, protozero::pbf_tag_type field, std::string_view text) {
    for (std::string_view rest = text; !rest.empty();) {
        const Utf8Step step = utf8_step(rest);
        if (!step.well_formed) return message.add_string(field, to_valid_utf8(text));
        rest.remove_prefix(step.length);
    }
    message.add_string(field, text.data(), text.size());
}

template <std::size_t size>
void add_id(pbf_writer& message, protozero::pbf_tag_type field, const std::array<std::uint8_t, size>& id) {
    message.add_bytes(field, reinterpret_cast<const char*>(id.data()), id.size());
}

/// Writes the one field that the value is; members of a oneof are written even when they are zero.
struct AnyValue {
    pbf_writer& message;

    /// An AnyValue without a value is null; a pbf_writer that nothing was written to leaves nothing.
    static void add_structure(pbf_writer& holder, protozero::pbf_tag_type field,  // NOLINT(misc-no-recursion)
                              simdjson::dom::element element) {
        if (element.is_null()) return holder.add_message(field, "", 0);
        pbf_writer value(holder, field);
        AnyValue{value}.structure(element);
    }
    void structure(simdjson::dom::element element) const {  // NOLINT(misc-no-recursion): as deep as the parser lets it
        using simdjson::dom::element_type;
        switch (element.type()) {
            case element_type::OBJECT: {
                if (simdjson::dom::object(element).size() == 0)
                    return message.add_message(tag(AnyValueField::kvlist_value), "", 0);
                pbf_writer list(message, tag(AnyValueField::kvlist_value));
                for (const auto member : simdjson::dom::object(element)) {
                    pbf_writer pair(list, kvlist_values);
                    add_text(pair, tag(KeyValueField::key), member.key);
                    add_structure(pair, tag(KeyValueField::value), member.value);
                }
                return;
            }
            case element_type::ARRAY: {
                if (simdjson::dom::array(element).size() == 0)
                    return message.add_message(tag(AnyValueField::array_value), "", 0);
                pbf_writer list(message, tag(AnyValueField::array_value));
                for (const simdjson::dom::element item : simdjson::dom::array(element))
                    add_structure(list, array_values, item);
                return;
            }
            case element_type::STRING: return (*this)(std::string_view(element));
            case element_type::BOOL: return (*this)(bool(element));
            case element_type::INT64: return (*this)(std::int64_t(element));
            case element_type::UINT64:
            case element_type::DOUBLE: return (*this)(double(element));
            case element_type::NULL_VALUE: return;
        }
    }

    void operator()(bool value) const { message.add_bool(tag(AnyValueField::bool_value), value); }
    void operator()(std::int64_t value) const { message.add_int64(tag(AnyValueField::int_value), value); }
    void operator()(double value) const { message.add_double(tag(AnyValueField::double_value), value); }
    void operator()(std::string_view value) const { add_text(message, tag(AnyValueField::string_value), value); }
    void operator()(const JsonText& text) const {
        simdjson::dom::parser parser;
        simdjson::dom::element element;
        if (text.as_text || parser.parse(simdjson::padded_string(text.json)).get(element) != simdjson::SUCCESS)
            (*this)(text.json);
        else
            structure(element);
    }
    void operator()(std::span<const std::string> values) const {
        pbf_writer array(message, tag(AnyValueField::array_value));
        for (const std::string& value : values) {
            pbf_writer element(array, array_values);
            add_text(element, tag(AnyValueField::string_value), value);
        }
    }
};

void add_attribute(pbf_writer& message, protozero::pbf_tag_type field, std::string_view key,
                   const AttributeValue& value) {
    pbf_writer pair(message, field);
    add_text(pair, tag(KeyValueField::key), key);
    pbf_writer any(pair, tag(KeyValueField::value));
    std::visit(AnyValue{any}, value);
}

template <class Field>
void add_attributes(pbf_writer& message, Field field, const Attributes& attributes) {
    for (const auto& [key, value] : attributes.all()) add_attribute(message, tag(field), key, value);
}

class OtlpProtobuf final : public ExportFormat {
public:
    OtlpProtobuf(OtlpSignal signal, FormatOptions options) : signal_(signal), options_(std::move(options)) {}

    std::string_view content_type() const noexcept override { return "application/x-protobuf"; }
    void append(std::string& pieces, const LlmCall& call) const override {
        Attributes record;
        append_record(record, call);
        if (signal_ == OtlpSignal::logs)
            return append_otlp_log(pieces, log_record_of(call, record, options_.spans.dialect));
        for (const Span& span : spans_of(call, record, options_.spans)) append_otlp_span(pieces, span);
    }
    void append(std::string& pieces, const Evaluation& evaluation) const override {
        if (signal_ == OtlpSignal::logs) append_otlp_log(pieces, log_record_of(evaluation));
    }
    std::string body(std::string_view pieces) const override {
        return otlp_request(options_, schema_url(options_.spans.dialect), pieces);
    }
    PartialSuccess read_answer(std::string_view body) const override { return read_otlp_response(body); }

private:
    const OtlpSignal signal_;
    const FormatOptions options_;
};

}  // namespace

void append_otlp_span(std::string& scope_spans, const Span& span) {
    pbf_writer scope(scope_spans);
    pbf_writer message(scope, scope_items_field);
    add_id(message, tag(SpanField::trace_id), span.trace_id);
    add_id(message, tag(SpanField::span_id), span.span_id);
    if (!span.tracestate.empty()) add_text(message, tag(SpanField::trace_state), span.tracestate);
    if (span.parent_span_id != SpanId{}) add_id(message, tag(SpanField::parent_span_id), span.parent_span_id);
    add_text(message, tag(SpanField::name), span.name);
    message.add_enum(tag(SpanField::kind), static_cast<int>(span.kind));
    message.add_fixed64(tag(SpanField::start_time_unix_nano), span.start);
    message.add_fixed64(tag(SpanField::end_time_unix_nano), span.end);
    add_attributes(message, SpanField::attributes, span.attributes);
    for (const SpanEvent& event : span.events) {
        pbf_writer submessage(message, tag(SpanField::events));
        submessage.add_fixed64(tag(EventField::time_unix_nano), event.time);
        add_text(submessage, tag(EventField::name), event.name);
        add_attributes(submessage, EventField::attributes, event.attributes);
    }
    if (span.failed) {
        pbf_writer status(message, tag(SpanField::status));
        if (!span.status_message.empty()) add_text(status, status_message, span.status_message);
        status.add_enum(status_code, status_error);
    }
    message.add_fixed32(tag(SpanField::flags), remoteness_known | (span.parent_is_remote ? parent_is_remote : 0) |
                                                   trace_flags(span.sampled, span.random));
}

void append_otlp_log(std::string& scope_logs, const LogRecord& record) {
    pbf_writer scope(scope_logs);
    pbf_writer message(scope, scope_items_field);
    message.add_fixed64(tag(LogField::time_unix_nano), record.time);
    message.add_enum(tag(LogField::severity_number), static_cast<int>(record.severity_number));
    add_text(message, tag(LogField::severity_text), record.severity_text);
    {
        pbf_writer body(message, tag(LogField::body));
        add_text(body, tag(AnyValueField::string_value), record.body);
    }
    add_attributes(message, LogField::attributes, record.attributes);
    if (record.trace != nullptr) {
        message.add_fixed32(tag(LogField::flags), trace_flags(record.trace->sampled, record.trace->random));
        add_id(message, tag(LogField::trace_id), record.trace->trace_id);
        add_id(message, tag(LogField::span_id), record.trace->span_id);
    }
    message.add_fixed64(tag(LogField::observed_time_unix_nano), record.observed);
    add_text(message, tag(LogField::event_name), record.event_name);
}

std::string otlp_request(const FormatOptions& options, std::string_view schema_url, std::string_view scope_items) {
    // Of the request, of ResourceSpans and of ScopeSpans; ResourceLogs and ScopeLogs have the same numbers.
    constexpr protozero::pbf_tag_type resource_items = 1, resource = 1, scope_items_of_resource = 2, scope = 1,
                                      schema = 3, resource_attributes = 1, scope_name = 1, scope_version = 2;
    std::string inner;
    inner.reserve(scope_items.size() + 256);
    {
        pbf_writer items(inner);
        {
            pbf_writer message(items, scope);
            add_text(message, scope_name, options.scope_name);
            if (!options.scope_version.empty()) add_text(message, scope_version, options.scope_version);
        }
        inner.append(scope_items);
        if (!schema_url.empty()) add_text(items, schema, schema_url);
    }
    std::string outer;
    outer.reserve(inner.size() + 1024);
    {
        pbf_writer items(outer);
        pbf_writer message(items, resource);
        for (const auto& [key, value] : options.resource)
            add_attribute(message, resource_attributes, key, std::string_view(value));
    }
    pbf_writer(outer).add_message(scope_items_of_resource, inner);
    std::string request;
    request.reserve(outer.size() + 16);
    pbf_writer(request).add_message(resource_items, outer);
    return request;
}

PartialSuccess read_otlp_response(std::string_view body) try {
    constexpr protozero::pbf_tag_type partial_success = 1, rejected = 1, error_message = 2;
    PartialSuccess found;
    for (protozero::pbf_reader response(body.data(), body.size()); response.next(partial_success);) {
        protozero::pbf_reader partial = response.get_message();
        while (partial.next()) {
            if (partial.tag() == rejected)
                found.rejected = partial.get_int64();
            else if (partial.tag() == error_message)
                found.message = partial.get_string();
            else
                partial.skip();
        }
    }
    return found;
} catch (const protozero::exception&) {
    return {};
}

std::unique_ptr<ExportFormat> otlp_protobuf(OtlpSignal signal, FormatOptions options) {
    return std::make_unique<OtlpProtobuf>(signal, std::move(options));
}

}  // namespace tokenweir::tracing
