#include "tracing/otlp_protobuf.hpp"

#include <protozero/pbf_message.hpp>
#include <protozero/pbf_writer.hpp>

#include "tracing/evaluation_record.hpp"
#include "tracing/otlp_attribute.hpp"
#include "tracing/record_json.hpp"

namespace tokenweir::tracing {
namespace {

using protozero::pbf_writer;

// Field numbers, by message. Sources: opentelemetry/proto/{common,resource,trace,logs,metrics}/v1, collector/*/v1.
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
enum class MetricField : protozero::pbf_tag_type { name = 1, description, unit, gauge = 5, sum = 7, histogram = 9 };
enum class NumberPointField : protozero::pbf_tag_type {
    start_time_unix_nano = 2,
    time_unix_nano,
    as_double,
    exemplars,
    attributes = 7
};
enum class HistogramPointField : protozero::pbf_tag_type {
    start_time_unix_nano = 2,
    time_unix_nano,
    count,
    sum,
    bucket_counts,
    explicit_bounds,
    exemplars,
    attributes
};
enum class ExemplarField : protozero::pbf_tag_type { time_unix_nano = 2, as_double, span_id, trace_id };
constexpr protozero::pbf_tag_type string_value = 1;  // of AnyValue
constexpr protozero::pbf_tag_type data_points = 1, aggregation_temporality = 2, is_monotonic = 3;
constexpr protozero::pbf_tag_type status_message = 2, status_code = 3;
constexpr protozero::pbf_tag_type scope_items_field = 2;  // ScopeSpans.spans and so on

constexpr int status_error = 2, cumulative = 2;
constexpr std::uint32_t remoteness_known = 0x100, parent_is_remote = 0x200;

template <class Field>
constexpr protozero::pbf_tag_type tag(Field field) noexcept {
    return static_cast<protozero::pbf_tag_type>(field);
}

void add_text(pbf_writer& message, protozero::pbf_tag_type field, std::string_view text) {
    std::string mended;
    text = valid_utf8(text, mended);
    message.add_string(field, text.data(), text.size());
}

template <std::size_t size>
void add_id(pbf_writer& message, protozero::pbf_tag_type field, const std::array<std::uint8_t, size>& id) {
    message.add_bytes(field, reinterpret_cast<const char*>(id.data()), id.size());
}

template <class Field>
void append_attributes(std::string& message, Field field, const Attributes& attributes) {
    for (const auto& [key, value] : attributes.all()) append_otlp_attribute(message, tag(field), key, value);
}

template <class Field>
void add_exemplars(pbf_writer& message, Field field, const std::vector<Exemplar>& exemplars) {
    for (const Exemplar& exemplar : exemplars) {
        pbf_writer submessage(message, tag(field));
        submessage.add_fixed64(tag(ExemplarField::time_unix_nano), exemplar.unix_nanos());
        submessage.add_double(tag(ExemplarField::as_double), exemplar.value);
        add_id(submessage, tag(ExemplarField::span_id), exemplar.span_id);
        add_id(submessage, tag(ExemplarField::trace_id), exemplar.trace_id);
    }
}

/// What the points of numbers and of histograms have in common. `message` writes to the end of `out`.
template <class Field>
void add_labels(std::string& out, pbf_writer& message, const MetricPoint& point) {
    add_exemplars(message, Field::exemplars, point.exemplars);
    for (const auto& [key, value] : point.attributes)
        append_otlp_attribute(out, tag(Field::attributes), key, std::string_view(value));
}

template <class Field>
void add_window(pbf_writer& message, const MetricWindow& window) {
    if (window.start != 0) message.add_fixed64(tag(Field::start_time_unix_nano), window.start);
    message.add_fixed64(tag(Field::time_unix_nano), window.time);
}

void add_number(std::string& out, pbf_writer& data, const MetricPoint& point, const MetricWindow& window) {
    using Field = NumberPointField;
    pbf_writer message(data, data_points);
    add_window<Field>(message, window);
    message.add_double(tag(Field::as_double), point.value);
    add_labels<Field>(out, message, point);
}

void add_histogram(std::string& out, pbf_writer& data, const Metric& metric, const MetricPoint& point,
                   const MetricWindow& window) {
    using Field = HistogramPointField;
    pbf_writer message(data, data_points);
    add_window<Field>(message, window);
    message.add_fixed64(tag(Field::count), point.count());
    message.add_double(tag(Field::sum), point.value);
    message.add_packed_fixed64(tag(Field::bucket_counts), point.bucket_counts.begin(), point.bucket_counts.end());
    message.add_packed_double(tag(Field::explicit_bounds), metric.bounds.begin(), metric.bounds.end());
    add_labels<Field>(out, message, point);
}

/// What is around the items of every request.
template <class Format>
class OtlpEnvelope : public Format {
public:
    explicit OtlpEnvelope(FormatOptions options) : options_(std::move(options)) {}

    std::string_view content_type() const noexcept override { return "application/x-protobuf"; }
    std::string body(std::string_view pieces) const override {
        return otlp_request(options_, schema_url(options_.spans.dialect), pieces);
    }
    PartialSuccess read_answer(std::string_view body) const override { return read_otlp_response(body); }

protected:
    const FormatOptions options_;
};

class OtlpMetricsProtobuf final : public OtlpEnvelope<MetricsFormat> {
public:
    using OtlpEnvelope::OtlpEnvelope;
    void append(std::string& pieces, const Metric& metric, const MetricWindow& window) const override {
        append_otlp_metric(pieces, metric, window);
    }
};

class OtlpProtobuf final : public OtlpEnvelope<ExportFormat> {
public:
    OtlpProtobuf(OtlpSignal signal, FormatOptions options) : OtlpEnvelope(std::move(options)), signal_(signal) {}

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

private:
    const OtlpSignal signal_;
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
    append_attributes(scope_spans, SpanField::attributes, span.attributes);
    for (const SpanEvent& event : span.events) {
        pbf_writer submessage(message, tag(SpanField::events));
        submessage.add_fixed64(tag(EventField::time_unix_nano), event.time);
        add_text(submessage, tag(EventField::name), event.name);
        append_attributes(scope_spans, EventField::attributes, event.attributes);
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
        add_text(body, string_value, record.body);
    }
    append_attributes(scope_logs, LogField::attributes, record.attributes);
    if (record.trace != nullptr) {
        message.add_fixed32(tag(LogField::flags), trace_flags(record.trace->sampled, record.trace->random));
        add_id(message, tag(LogField::trace_id), record.trace->trace_id);
        add_id(message, tag(LogField::span_id), record.trace->span_id);
    }
    message.add_fixed64(tag(LogField::observed_time_unix_nano), record.observed);
    add_text(message, tag(LogField::event_name), record.event_name);
}

void append_otlp_metric(std::string& scope_metrics, const Metric& metric, const MetricWindow& window) {
    pbf_writer scope(scope_metrics);
    pbf_writer message(scope, scope_items_field);
    add_text(message, tag(MetricField::name), metric.name);
    if (!metric.description.empty()) add_text(message, tag(MetricField::description), metric.description);
    if (!metric.unit.empty()) add_text(message, tag(MetricField::unit), metric.unit);
    switch (metric.kind) {
        case Metric::Kind::gauge: {
            pbf_writer data(message, tag(MetricField::gauge));
            for (const MetricPoint& point : metric.points)
                add_number(scope_metrics, data, point, {.time = window.time});
            break;
        }
        case Metric::Kind::sum: {
            pbf_writer data(message, tag(MetricField::sum));
            for (const MetricPoint& point : metric.points) add_number(scope_metrics, data, point, window);
            data.add_enum(aggregation_temporality, cumulative);
            data.add_bool(is_monotonic, true);
            break;
        }
        case Metric::Kind::histogram: {
            pbf_writer data(message, tag(MetricField::histogram));
            for (const MetricPoint& point : metric.points) add_histogram(scope_metrics, data, metric, point, window);
            data.add_enum(aggregation_temporality, cumulative);
            break;
        }
    }
}

std::string otlp_request(const FormatOptions& options, std::string_view schema_url, std::string_view scope_items) {
    // Of the request, of ResourceSpans and of ScopeSpans; those of the other signals have the same numbers.
    constexpr protozero::pbf_tag_type resource_items = 1, resource = 1, scope_items_of_resource = 2, scope = 1,
                                      schema = 3, resource_attributes = 1, scope_name = 1, scope_version = 2;
    std::string who, before, behind;  // the resource, and what is around the items in their scope
    {
        pbf_writer items(who);
        const pbf_writer message(items, resource);
        for (const auto& [key, value] : options.resource)
            append_otlp_attribute(who, resource_attributes, key, std::string_view(value));
    }
    {
        pbf_writer items(before);
        pbf_writer message(items, scope);
        add_text(message, scope_name, options.scope_name);
        if (!options.scope_version.empty()) add_text(message, scope_version, options.scope_version);
    }
    if (pbf_writer items(behind); !schema_url.empty()) add_text(items, schema, schema_url);

    const std::size_t inner = before.size() + scope_items.size() + behind.size();
    append_otlp_head(who, scope_items_of_resource, inner);
    std::string request;
    request.reserve(who.size() + inner + 16);
    append_otlp_head(request, resource_items, who.size() + inner);
    return request.append(who).append(before).append(scope_items).append(behind);
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

std::unique_ptr<MetricsFormat> otlp_protobuf_metrics(FormatOptions options) {
    return std::make_unique<OtlpMetricsProtobuf>(std::move(options));
}

std::unique_ptr<ExportFormat> otlp_protobuf(OtlpSignal signal, FormatOptions options) {
    return std::make_unique<OtlpProtobuf>(signal, std::move(options));
}

}  // namespace tokenweir::tracing
