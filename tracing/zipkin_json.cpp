/// Spans in Zipkin's v2 JSON, as OpenTelemetry's exporter for Zipkin translates them.
#include <algorithm>
#include <string>

#include "observation/field.hpp"
#include "tracing/export_format.hpp"
#include "tracing/json_writer.hpp"
#include "tracing/log_record.hpp"

namespace tokenweir::tracing {
namespace {

/// A value as the text that a tag is.
struct TagText {
    std::string operator()(bool value) const { return value ? "true" : "false"; }
    std::string operator()(std::int64_t value) const { return std::to_string(value); }
    std::string operator()(double value) const {
        std::string text;
        JsonWriter(text).number(value);
        return text;
    }
    std::string operator()(std::string_view value) const { return std::string(value); }
    std::string operator()(const JsonText& text) const { return std::string(text.json); }
    std::string operator()(std::span<const std::string> values) const {
        std::string text;
        JsonWriter json(text);
        json.open('[');
        for (const std::string& value : values) json.text(value);
        json.close(']');
        return text;
    }
};

std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out) c = ascii_lower(c);
    return out;
}

void add_key(JsonWriter& json, std::string_view key) {
    std::string text;
    append_json_string(text, key);
    json.key(std::string_view(text).substr(1, text.size() - 2));
}

/// Members of the object that an annotation is.
class AnnotationMembers final : public AttributeSink {
public:
    explicit AnnotationMembers(JsonWriter& json) : json_(json) {}

    void add(const AttributeKey& key, const AttributeValue& value) override {
        add_key(json_, key.whole());
        if (const auto* text = std::get_if<std::string_view>(&value))
            json_.text(*text);
        else
            json_.raw(std::visit(TagText{}, value));
    }

private:
    JsonWriter& json_;
};

class Tags final : public AttributeSink {
public:
    explicit Tags(JsonWriter& json) : json_(json) {}

    void add(const AttributeKey& key, const AttributeValue& value) override {
        add_key(json_, key.whole());
        const bool is_whole = std::holds_alternative<JsonText>(value);
        json_.text(std::visit(TagText{}, value), is_whole ? std::string::npos : max_string_bytes);
    }

private:
    JsonWriter& json_;
};

void add_annotation(JsonWriter& json, const SpanEvent& event, const LlmCall& call) {
    std::string text;
    JsonWriter value(text);
    value.key(event.name).open('{');  // "name": {…}
    AnnotationMembers members(value);
    add_attributes(members, event, call);
    value.close('}');
    json.open('{').key("timestamp").integer(event.time / 1000).key("value").text(text).close('}');
}

void add_annotations(JsonWriter& json, const Span& span, const LlmCall& call) {
    const SpanEvents events = events_of(span, call);
    if (events.empty()) return;
    json.key("annotations").open('[');
    for (const SpanEvent& event : events) add_annotation(json, event, call);
    json.close(']');
}

void add_remote_endpoint(JsonWriter& json, const Span& span, const LlmCall& call) {
    if (span.kind != SpanKind::client || call.server_address.empty()) return;
    json.key("remoteEndpoint").open('{').key("serviceName").text(lower(call.server_address));
    if (call.server_port > 0) json.key("port").integer(call.server_port);
    json.close('}');
}

class ZipkinJson final : public ExportFormat {
public:
    explicit ZipkinJson(FormatOptions options) : options_(std::move(options)) {
        for (const auto& [key, value] : options_.resource)
            if (key == "service.name") service_name_ = lower(value);
    }

    std::string_view content_type() const noexcept override { return "application/json"; }

    using ExportFormat::append;

    void append(Protobuf& pieces, const LlmCall& call) override {
        text_.clear();
        spans_.of(call, [&](const Span& span) {
            text_ += ',';
            append_span(text_, span, call);
        });
        pieces.raw(text_);
    }

    void enclose(Payload& payload, std::string_view pieces) const override {
        payload.head = '[';
        payload.items = pieces.substr(pieces.empty() ? 0 : 1);
        payload.tail = ']';
    }

    PartialSuccess read_answer(std::string_view) const override { return {}; }

private:
    void append_span(std::string& out, const Span& span, const LlmCall& call) const {
        JsonWriter json(out);
        json.open('{');
        json.key("traceId").hex(span.trace_id);
        json.key("id").hex(span.span_id);
        if (span.parent_span_id != SpanId{}) json.key("parentId").hex(span.parent_span_id);
        json.key("name").text(lower(span.name.whole())).key("kind").text(name_of(span.kind));
        json.key("timestamp").integer(span.start / 1000);
        json.key("duration").integer(std::max<std::uint64_t>(1, (span.end - span.start) / 1000));
        json.key("localEndpoint").open('{').key("serviceName").text(service_name_).close('}');
        add_remote_endpoint(json, span, call);
        add_annotations(json, span, call);
        add_tags(json, span, call);
        if (span.debug) json.key("debug").boolean(true);
        json.close('}');
    }

    void add_tags(JsonWriter& json, const Span& span, const LlmCall& call) const {
        json.key("tags").open('{');
        Tags tags(json);
        add_attributes(tags, span, call, options_.spans);
        for (const auto& [key, value] : options_.resource) {
            if (key == "service.name") continue;
            add_key(json, key);
            json.text(value);
        }
        json.key("otel.scope.name").text(options_.scope_name);
        if (!options_.scope_version.empty()) json.key("otel.scope.version").text(options_.scope_version);
        // Zipkin takes any span with the tag `error` for a failed one, so there is none unless it failed.
        if (span.failed) json.key("otel.status_code").text("ERROR").key("error").text(span.status_message);
        json.close('}');
    }

    const FormatOptions options_;
    CallSpans spans_{options_.spans};
    std::string text_;  // of one piece
    std::string service_name_;
};

}  // namespace

std::unique_ptr<ExportFormat> zipkin_json(FormatOptions options) {
    return std::make_unique<ZipkinJson>(std::move(options));
}

}  // namespace tokenweir::tracing
