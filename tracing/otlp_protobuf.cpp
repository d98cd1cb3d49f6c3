#include "tracing/otlp_protobuf.hpp"

#include "tracing/evaluation_record.hpp"
#include "tracing/record_json.hpp"

namespace tokenweir::tracing {
namespace {

// Field numbers, by message. Sources: opentelemetry/proto/{common,resource,trace,logs,metrics}/v1, collector/*/v1.
enum class SpanField : std::uint8_t {
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
enum class EventField : std::uint8_t { time_unix_nano = 1, name, attributes };
enum class LogField : std::uint8_t {
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
enum class MetricField : std::uint8_t { name = 1, description, unit, gauge = 5, sum = 7, histogram = 9 };
enum class NumberPointField : std::uint8_t {
    start_time_unix_nano = 2,
    time_unix_nano,
    as_double,
    exemplars,
    attributes = 7
};
enum class HistogramPointField : std::uint8_t {
    start_time_unix_nano = 2,
    time_unix_nano,
    count,
    sum,
    bucket_counts,
    explicit_bounds,
    exemplars,
    attributes
};
enum class ExemplarField : std::uint8_t { time_unix_nano = 2, as_double, span_id, trace_id };
constexpr int string_value = 1;  // of AnyValue
constexpr int data_points = 1, aggregation_temporality = 2, is_monotonic = 3;
constexpr int status_message = 2, status_code = 3;
constexpr int scope_items_field = 2;          // ScopeSpans.spans and so on
constexpr std::size_t expected_bytes = 1000;  // of a span or a log record

constexpr int status_error = 2, cumulative = 2;
constexpr std::uint32_t remoteness_known = 0x100, parent_is_remote = 0x200;

template <std::size_t size>
void add_id(Protobuf& out, auto field, const std::array<std::uint8_t, size>& id) {
    out.commit(out.room(2 + size).short_head(field, size).fixed(id));
}

void add_name(Protobuf& out, const SpanName& name) {
    const std::size_t start = out.size(), size = name.size();
    ProtobufCursor at = out.room(field_length(size));
    bool is_ascii = at.head(SpanField::name, size).copy_text(name.what);
    if (!name.object.empty()) is_ascii &= at.copy(" ").copy_text(name.object);
    out.commit(at);
    if (is_ascii || (is_valid_utf8(name.what) && is_valid_utf8(name.object))) return;
    out.cut(start);
    out.text(SpanField::name, name.whole());
}

/// Numbers of eight bytes.
template <class Number>
void add_packed(Protobuf& out, auto field, const std::vector<Number>& numbers) {
    static_assert(sizeof(Number) == 8);
    if (!numbers.empty()) out.bytes(field, {reinterpret_cast<const char*>(numbers.data()), numbers.size() * 8});
}

template <class Field>
void add_exemplars(Protobuf& out, Field field, const std::vector<Exemplar>& exemplars) {
    for (const Exemplar& exemplar : exemplars) {
        const Protobuf::Message message(out, field);
        out.fixed64(ExemplarField::time_unix_nano, exemplar.unix_nanos());
        out.real(ExemplarField::as_double, exemplar.value);
        add_id(out, ExemplarField::span_id, exemplar.span_id);
        add_id(out, ExemplarField::trace_id, exemplar.trace_id);
    }
}

/// What the points of numbers and of histograms have in common.
template <class Field>
void add_labels(Protobuf& out, const MetricPoint& point) {
    add_exemplars(out, Field::exemplars, point.exemplars);
    OtlpAttributes attributes(out, Field::attributes);
    for (const auto& [key, value] : point.attributes) attributes.text("", key, value);
}

template <class Field>
void add_window(Protobuf& out, const MetricWindow& window) {
    if (window.start != 0) out.fixed64(Field::start_time_unix_nano, window.start);
    out.fixed64(Field::time_unix_nano, window.time);
}

void add_number(Protobuf& out, const MetricPoint& point, const MetricWindow& window) {
    using Field = NumberPointField;
    const Protobuf::Message message(out, data_points);
    add_window<Field>(out, window);
    out.real(Field::as_double, point.value);
    add_labels<Field>(out, point);
}

void add_histogram(Protobuf& out, const Metric& metric, const MetricPoint& point, const MetricWindow& window) {
    using Field = HistogramPointField;
    const Protobuf::Message message(out, data_points);
    add_window<Field>(out, window);
    out.fixed64(Field::count, point.count());
    out.real(Field::sum, point.value);
    add_packed(out, Field::bucket_counts, point.bucket_counts);
    add_packed(out, Field::explicit_bounds, metric.bounds);
    add_labels<Field>(out, point);
}

/// What is around the items of every request.
template <class Format>
class OtlpEnvelope : public Format {
public:
    explicit OtlpEnvelope(const FormatOptions& options) : request_(options, schema_url(options.spans.dialect)) {}

    std::string_view content_type() const noexcept override { return "application/x-protobuf"; }
    void enclose(Payload& payload, std::string_view pieces) const override { request_.enclose(payload, pieces); }
    PartialSuccess read_answer(std::string_view body) const override { return read_otlp_response(body); }

private:
    const OtlpRequest request_;
};

class OtlpMetricsProtobuf final : public OtlpEnvelope<MetricsFormat> {
public:
    using OtlpEnvelope::OtlpEnvelope;
    void append(std::string& pieces, const Metric& metric, const MetricWindow& window) override {
        scratch_.clear();
        append_otlp_metric(scratch_, metric, window);
        pieces += scratch_.bytes();
    }

private:
    Protobuf scratch_;  // of one piece
};

class OtlpTracesProtobuf final : public OtlpEnvelope<ExportFormat> {
public:
    explicit OtlpTracesProtobuf(FormatOptions options) : OtlpEnvelope(options), spans_(std::move(options.spans)) {}

    using ExportFormat::append;
    void append(Protobuf& pieces, const LlmCall& call) override {
        spans_.of(call, [&](const Span& span) {
            OtlpSpan written(pieces, span);
            add_attributes(written.attributes(), span, call, spans_.options());
            for (const SpanEvent& event : events_of(span, call))
                add_attributes(written.event(event).attributes(), event, call);
            written.end(span);
        });
    }

private:
    CallSpans spans_;
};

class OtlpLogsProtobuf final : public OtlpEnvelope<ExportFormat> {
public:
    explicit OtlpLogsProtobuf(const FormatOptions& options) : OtlpEnvelope(options), dialect_(options.spans.dialect) {}

    void append(Protobuf& pieces, const LlmCall& call) override {
        append(pieces, log_record_of(call, dialect_),
               [&](OtlpAttributes& sink) { add_attributes(sink, call, dialect_); });
    }
    void append(Protobuf& pieces, const Evaluation& evaluation) override {
        append(pieces, log_record_of(evaluation), [&](AttributeSink& sink) { add_attributes(sink, evaluation); });
    }

private:
    static void append(Protobuf& pieces, const LogRecord& record, const auto& add) {
        OtlpLogRecord written(pieces, record);
        add(written.attributes());
        written.end(record);
    }

    const GenAiDialect dialect_;
};

}  // namespace

OtlpSpan::OtlpSpan(Protobuf& scope_spans, const Span& span)
    : out_(scope_spans), message_(out_, scope_items_field, expected_bytes), attributes_(out_, SpanField::attributes) {
    add_id(out_, SpanField::trace_id, span.trace_id);
    add_id(out_, SpanField::span_id, span.span_id);
    if (!span.tracestate.empty()) out_.text(SpanField::trace_state, span.tracestate);
    if (span.parent_span_id != SpanId{}) add_id(out_, SpanField::parent_span_id, span.parent_span_id);
    add_name(out_, span.name);
    out_.varint(SpanField::kind, static_cast<std::uint64_t>(span.kind));
    out_.fixed64(SpanField::start_time_unix_nano, span.start);
    out_.fixed64(SpanField::end_time_unix_nano, span.end);
}

OtlpSpan::Event::Event(Protobuf& span, const SpanEvent& event)
    : message_(span, SpanField::events), attributes_(span, EventField::attributes) {
    span.fixed64(EventField::time_unix_nano, event.time);
    span.text(EventField::name, event.name);
}

void OtlpSpan::end(const Span& span) {
    if (span.failed) {
        const Protobuf::Message status(out_, SpanField::status);
        if (!span.status_message.empty()) out_.text(status_message, span.status_message);
        out_.varint(status_code, status_error);
    }
    out_.fixed32(SpanField::flags, remoteness_known | (span.parent_is_remote ? parent_is_remote : 0) |
                                       trace_flags(span.sampled, span.random));
}

OtlpLogRecord::OtlpLogRecord(Protobuf& scope_logs, const LogRecord& record)
    : out_(scope_logs), message_(out_, scope_items_field, expected_bytes), attributes_(out_, LogField::attributes) {
    out_.fixed64(LogField::time_unix_nano, record.time);
    out_.varint(LogField::severity_number, static_cast<std::uint64_t>(record.severity_number));
    out_.text(LogField::severity_text, record.severity_text);
    const Protobuf::Message body(out_, LogField::body);
    out_.text(string_value, record.body);
}

void OtlpLogRecord::end(const LogRecord& record) {
    if (record.trace != nullptr) {
        out_.fixed32(LogField::flags, trace_flags(record.trace->sampled, record.trace->random));
        add_id(out_, LogField::trace_id, record.trace->trace_id);
        add_id(out_, LogField::span_id, record.trace->span_id);
    }
    out_.fixed64(LogField::observed_time_unix_nano, record.observed);
    out_.text(LogField::event_name, record.event_name);
}

void append_otlp_metric(Protobuf& scope_metrics, const Metric& metric, const MetricWindow& window) {
    Protobuf& out = scope_metrics;
    const Protobuf::Message message(out, scope_items_field);
    out.text(MetricField::name, metric.name);
    if (!metric.description.empty()) out.text(MetricField::description, metric.description);
    if (!metric.unit.empty()) out.text(MetricField::unit, metric.unit);
    switch (metric.kind) {
        case Metric::Kind::gauge: {
            const Protobuf::Message data(out, MetricField::gauge);
            for (const MetricPoint& point : metric.points) add_number(out, point, {.time = window.time});
            break;
        }
        case Metric::Kind::sum: {
            const Protobuf::Message data(out, MetricField::sum);
            for (const MetricPoint& point : metric.points) add_number(out, point, window);
            out.varint(aggregation_temporality, cumulative);
            out.varint(is_monotonic, 1);
            break;
        }
        case Metric::Kind::histogram: {
            const Protobuf::Message data(out, MetricField::histogram);
            for (const MetricPoint& point : metric.points) add_histogram(out, metric, point, window);
            out.varint(aggregation_temporality, cumulative);
            break;
        }
    }
}

// Of the request, of ResourceSpans and of ScopeSpans; those of the other signals have the same numbers.
constexpr int resource_items = 1, resource = 1, scope_items_of_resource = 2, scope = 1, schema = 3,
              resource_attributes = 1, scope_name = 1, scope_version = 2;

OtlpRequest::OtlpRequest(const FormatOptions& options, std::string_view schema_url) {
    Protobuf out;
    {
        const Protobuf::Message message(out, resource);
        OtlpAttributes attributes(out, resource_attributes);
        for (const auto& [key, value] : options.resource) attributes.text("", key, value);
    }
    resource_ = out.bytes();
    out.clear();
    {
        const Protobuf::Message message(out, scope);
        out.text(scope_name, options.scope_name);
        if (!options.scope_version.empty()) out.text(scope_version, options.scope_version);
    }
    scope_ = out.bytes();
    out.clear();
    if (!schema_url.empty()) out.text(schema, schema_url);
    schema_ = out.bytes();
}

void OtlpRequest::enclose(Payload& payload, std::string_view scope_items) const {
    const std::size_t inner = scope_.size() + scope_items.size() + schema_.size();
    const std::size_t outer = resource_.size() + field_length(inner);
    std::array<char, 32> heads{};
    ProtobufCursor at(heads.data());
    const auto head = [&](auto field, std::size_t length) {
        char* const begin = at.position();
        return std::string_view(begin, static_cast<std::size_t>(at.head(field, length).position() - begin));
    };
    payload.head.append(head(resource_items, outer)).append(resource_);
    payload.head.append(head(scope_items_of_resource, inner)).append(scope_);
    payload.items = scope_items;
    payload.tail = schema_;
}

PartialSuccess read_otlp_response(std::string_view body) {
    constexpr int partial_success = 1, rejected = 1, error_message = 2;
    PartialSuccess found;
    ProtobufReader response(body);
    while (const auto field = response.next()) {
        if (!field->is(partial_success, WireType::length_delimited)) continue;
        ProtobufReader partial(field->bytes);
        while (const auto part = partial.next()) {
            if (part->is(rejected, WireType::varint)) found.rejected = static_cast<std::int64_t>(part->varint);
            if (part->is(error_message, WireType::length_delimited)) found.message = part->bytes;
        }
        if (partial.failed()) return {};
    }
    return response.failed() ? PartialSuccess{} : found;
}

std::unique_ptr<MetricsFormat> otlp_protobuf_metrics(const FormatOptions& options) {
    return std::make_unique<OtlpMetricsProtobuf>(options);
}

std::unique_ptr<ExportFormat> otlp_protobuf(OtlpSignal signal, FormatOptions options) {
    if (signal == OtlpSignal::logs) return std::make_unique<OtlpLogsProtobuf>(options);
    return std::make_unique<OtlpTracesProtobuf>(std::move(options));
}

}  // namespace tokenweir::tracing
