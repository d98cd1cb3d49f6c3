#include "tracing/call_spans.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "tracing/http_route.hpp"
#include "tracing/span_profiles.hpp"

namespace tokenweir::tracing {
namespace {

/// Which span a member of the record belongs to. What a back end adds up must stand on one span only.
enum class Place : std::uint8_t { nowhere, server, client, both };

constexpr std::array<std::string_view, 3> on_both{"tokenweir.call.id", "tokenweir.route", "tokenweir.outcome"};
constexpr std::array<std::string_view, 6> of_the_request{
    "http.", "url.", "client.address", "user_agent.", "tokenweir.phase.", "tokenweir.overhead"};

bool is_in(std::span<const std::string_view> keys, std::string_view key) noexcept {
    return std::ranges::find(keys, key) != keys.end();
}

Place place_of(std::string_view key) noexcept {
    if (key.starts_with("gen_ai.")) return Place::client;
    if (key == "tokenweir.duration") return Place::nowhere;  // the span says it itself
    if (is_in(on_both, key)) return Place::both;
    if (key == "error.type") return Place::client;  // the SERVER span has its own rule
    const bool of_request =
        std::ranges::any_of(of_the_request, [key](std::string_view prefix) { return key.starts_with(prefix); });
    return of_request ? Place::server : Place::client;
}

/// The conventions' successor has other names and types for some of what v1.41 knows.
void add_in_dialect(Attributes& out, const Attribute& attribute, GenAiDialect dialect) {
    const auto& [key, value] = attribute;
    if (key == "gen_ai.usage.cache_creation.input_tokens" && has_latest(dialect)) {
        if (has_v1_41(dialect)) out.add(key, value);
        return out.add("gen_ai.usage.cache_write.input_tokens", value);
    }
    if (key == "gen_ai.request.top_k" && !has_v1_41(dialect))
        if (const double* top_k = std::get_if<double>(&value); top_k != nullptr && *top_k == std::trunc(*top_k))
            return out.add(key, static_cast<std::int64_t>(*top_k));
    // Conditionally required: "if present and not 1".
    if (const auto* count = std::get_if<std::int64_t>(&value);
        key == "gen_ai.request.choice.count" && count != nullptr && *count == 1)
        return;
    out.add(key, value);
}

constexpr std::array<std::string_view, 9> known_methods{"GET",     "HEAD",    "POST",  "PUT",  "DELETE",
                                                        "CONNECT", "OPTIONS", "TRACE", "PATCH"};

/// The method's name as a span may have it.
std::string_view method_name(const LlmCall& call) noexcept {
    return is_in(known_methods, call.method) ? std::string_view(call.method) : "HTTP";
}

Span begin_span(const LlmCall& call, SpanKind kind) {
    Span span;
    const TraceContext& trace = *call.trace;
    span.trace_id = trace.trace_id;
    span.sampled = trace.sampled;
    span.random = trace.random;
    span.debug = trace.debug;
    span.tracestate = trace.tracestate;
    span.kind = kind;
    span.start = unix_nanos(call.timings, call.timings.started);
    span.end = std::max(span.start, unix_nanos(call.timings, call.timings.ended));
    return span;
}

/// A SERVER span does not fail where the request was at fault; a broken response has failed whatever its status says.
bool server_failed(const LlmCall& call) noexcept {
    if (call.status && *call.status >= 500) return true;
    return !call.error_type.empty() && !(call.status && *call.status >= 400);
}

/// A member of the record, for the SERVER span.
void add_of_request(Attributes& out, const Attribute& attribute, const LlmCall& call) {
    const auto& [key, value] = attribute;
    if (key != "http.request.method" || method_name(call) != "HTTP") return out.add(key, value);
    out.text(key, "_OTHER");
    out.text("http.request.method_original", call.method);
}

Span server_span(const LlmCall& call, Attributes attributes, const SpanOptions& options) {
    Span span = begin_span(call, SpanKind::server);
    span.span_id = call.trace->server_span_id;
    span.parent_span_id = call.trace->parent_span_id;
    span.parent_is_remote = call.trace->has_parent();
    span.attributes = std::move(attributes);
    span.name = method_name(call);
    if (std::string route = http_route(call, options.routes); !route.empty()) {
        span.name.append(1, ' ').append(route);
        span.attributes.own_text("http.route", std::move(route));
    }
    span.failed = server_failed(call);
    if (span.failed && !call.error_type.empty()) span.attributes.text("error.type", call.error_type);
    return span;
}

void add_events(Span& span, const LlmCall& call) {
    const Timings& at = call.timings;
    const auto add = [&](std::string_view name, const std::optional<Instant>& instant) -> SpanEvent* {
        if (!instant) return nullptr;
        return &span.events.emplace_back(SpanEvent{.time = unix_nanos(at, *instant), .name = name});
    };
    add("tokenweir.retry", at.retried);
    add("tokenweir.first_byte", at.first_byte);
    if (SpanEvent* token = add("tokenweir.first_token", at.first_token); token != nullptr && call.first_token_kind)
        token->attributes.text("tokenweir.first_token.kind", name_of(*call.first_token_kind));
    add("tokenweir.first_answer", at.first_answer);
    if (SpanEvent* stall = add("tokenweir.stall", at.first_stall)) {
        stall->attributes.integer("tokenweir.stalls", call.gaps.stalls);
        stall->attributes.number("tokenweir.inter_token.max", call.gaps.max_seconds);
    }
    const bool cancelled =
        call.outcome == Outcome::cancelled_before_first_token || call.outcome == Outcome::cancelled_mid_stream;
    if (cancelled) add("tokenweir.cancelled", at.ended);
    std::ranges::stable_sort(span.events, {}, &SpanEvent::time);
}

Attribute as_text(Attribute attribute) noexcept {
    if (auto* text = std::get_if<JsonText>(&attribute.value)) text->as_text = true;
    return attribute;
}

Span client_span(const LlmCall& call, Attributes attributes, const SpanOptions& options) {
    Span span = begin_span(call, SpanKind::client);
    span.span_id = call.trace->span_id;
    span.parent_span_id = call.trace->server_span_id;
    span.attributes = std::move(attributes);
    if (call.response_streamed && call.timings.first_token)
        span.attributes.seconds("gen_ai.response.time_to_first_chunk",
                                *call.timings.first_token - call.timings.started);
    span.name = call.operation.empty() ? method_name(call) : call.operation;
    if (!call.request_model.empty()) span.name.append(1, ' ').append(call.request_model);
    span.failed = !call.error_type.empty();
    if (call.provider_error_type != call.error_type) span.status_message = call.provider_error_type;
    add_events(span, call);
    for (const TraceProfile profile : options.profiles) add_profile(span.attributes, call, profile);
    return span;
}

}  // namespace

UnixNanos unix_nanos(const Timings& timings, Instant instant) noexcept {
    const std::chrono::nanoseconds at = timings.started_at.time_since_epoch() + (instant - timings.started);
    return at.count() < 0 ? 0 : static_cast<UnixNanos>(at.count());
}

bool went_upstream(const LlmCall& call) noexcept {
    return std::any_of(call.timings.phases.begin() + 1, call.timings.phases.end(),  // the upload may be refused
                       [](const auto& spent) { return spent.has_value(); });
}

std::vector<Span> spans_of(const LlmCall& call, const Attributes& record, const SpanOptions& options) {
    std::vector<Span> spans;
    if (!call.trace) return spans;
    const bool has_client = went_upstream(call);
    Attributes server, client;
    server.reserve(record.all().size());
    client.reserve(has_client ? record.all().size() : 0);
    for (const Attribute& attribute : record.all()) {
        const Place place = place_of(attribute.key);
        if (place == Place::server || place == Place::both) add_of_request(server, attribute, call);
        if (has_client && (place == Place::client || place == Place::both))
            add_in_dialect(client, as_text(attribute), options.dialect);
    }
    spans.reserve(2);
    spans.push_back(server_span(call, std::move(server), options));
    if (has_client) spans.push_back(client_span(call, std::move(client), options));
    return spans;
}

Attributes event_attributes(const Attributes& record, GenAiDialect dialect) {
    Attributes out;
    for (const Attribute& attribute : record.all()) add_in_dialect(out, attribute, dialect);
    return out;
}

}  // namespace tokenweir::tracing
