#include "tracing/call_spans.hpp"

#include <algorithm>
#include <cmath>

#include "tracing/http_method.hpp"
#include "tracing/otlp_attributes.hpp"
#include "tracing/record_members.hpp"
#include "tracing/span_profiles.hpp"

namespace tokenweir::tracing {
namespace {

/// The method's name as a span may have it.
std::string_view method_name(const LlmCall& call) noexcept {
    return is_known_method(call.method) ? std::string_view(call.method) : "HTTP";
}

/// What both spans have.
Span begin_span(const LlmCall& call) noexcept {
    const TraceContext& trace = *call.trace;
    const UnixNanos start = unix_nanos(call.timings, call.timings.started);
    return {.trace_id = trace.trace_id,
            .sampled = trace.sampled,
            .random = trace.random,
            .debug = trace.debug,
            .tracestate = trace.tracestate,
            .start = start,
            .end = std::max(start, unix_nanos(call.timings, call.timings.ended))};
}

/// A SERVER span does not fail where the request was at fault; a broken response has failed whatever its status says.
bool server_failed(const LlmCall& call) noexcept {
    if (call.status && *call.status >= 500) return true;
    return !call.error_type.empty() && !(call.status && *call.status >= 400);
}

/// Passes on what of the record belongs in a place, in the words of a dialect. Inline throughout: that leaves of a
/// member of the record what it takes to write it, or nothing.
template <Place place, class Out>
class Members {
public:
    Members(Out& out, GenAiDialect dialect) : out_(out), dialect_(dialect) {}

    [[gnu::always_inline]] void text(Key key, std::string_view value) {
        if (key.belongs(place)) out_.text(key, value);
    }
    [[gnu::always_inline]] void texts(Key key, std::span<const std::string> values) {
        if (key.belongs(place)) out_.texts(key, values);
    }
    [[gnu::always_inline]] void json(Key key, std::string_view value) {
        if (key.belongs(place)) out_.json(key, value, place != Place::log);
    }
    [[gnu::always_inline]] void integer(Key key, std::int64_t value) {
        if (!key.belongs(place)) return;
        if (key == cache_creation && has_latest(dialect_)) {
            if (has_v1_41(dialect_)) out_.integer(key, value);
            return out_.integer("gen_ai.usage.cache_write.input_tokens", value);
        }
        if (key == choice_count && value == 1) return;  // conditionally required: "if present and not 1"
        out_.integer(key, value);
    }
    [[gnu::always_inline]] void number(Key key, double value) {
        if (!key.belongs(place)) return;
        if (key == top_k && !has_v1_41(dialect_) && value == std::trunc(value) && std::abs(value) < 9e18)  // fits
            return out_.integer(key, static_cast<std::int64_t>(value));
        out_.number(key, value);
    }
    [[gnu::always_inline]] void boolean(Key key, bool value) {
        if (key.belongs(place)) out_.boolean(key, value);
    }
    [[gnu::always_inline]] void seconds(Key key, Duration value) {
        if (key.belongs(place)) out_.seconds(key, value);
    }
    [[gnu::always_inline]] void text(Key prefix, std::string_view name, std::string_view value) {
        if (prefix.belongs(place)) out_.text(prefix, name, value);
    }
    [[gnu::always_inline]] void number(Key prefix, std::string_view name, double value) {
        if (prefix.belongs(place)) out_.number(prefix, name, value);
    }

private:
    // The conventions' successor has other names and types for some of what v1.41 knows.
    static constexpr std::string_view cache_creation = "gen_ai.usage.cache_creation.input_tokens",
                                      top_k = "gen_ai.request.top_k", choice_count = "gen_ai.request.choice.count";

    Out& out_;
    const GenAiDialect dialect_;
};

template <Place place, class Out>
void add_members(Out& sink, const LlmCall& call, GenAiDialect dialect) {
    Members<place, Out> members(sink, dialect);
    add_record(members, call);
}

template <class Out>
void add_span(Out& sink, const Span& span, const LlmCall& call, const SpanOptions& options) {
    if (span.kind == SpanKind::server) {
        add_members<Place::server>(sink, call, options.dialect);
        if (!span.http_route.empty()) sink.text("http.route", span.http_route);
        if (span.failed && !call.error_type.empty()) sink.text("error.type", call.error_type);
        return;
    }
    add_members<Place::client>(sink, call, options.dialect);
    if (call.response_streamed && call.timings.first_token)
        sink.seconds("gen_ai.response.time_to_first_chunk", *call.timings.first_token - call.timings.started);
    for (const TraceProfile profile : options.profiles) add_profile(sink, call, profile);
}

constexpr std::string_view first_token_event = "tokenweir.first_token", stall_event = "tokenweir.stall";

}  // namespace

UnixNanos unix_nanos(const Timings& timings, Instant instant) noexcept {
    const std::chrono::nanoseconds at = timings.started_at.time_since_epoch() + (instant - timings.started);
    return at.count() < 0 ? 0 : static_cast<UnixNanos>(at.count());
}

bool went_upstream(const LlmCall& call) noexcept {
    return std::any_of(call.timings.phases.begin() + 1, call.timings.phases.end(),  // the upload may be refused
                       [](const auto& spent) { return spent.has_value(); });
}

Span CallSpans::server_span(const LlmCall& call) {
    const TraceContext& trace = *call.trace;
    Span span = begin_span(call);
    span.kind = SpanKind::server;
    span.span_id = trace.server_span_id;
    span.parent_span_id = trace.parent_span_id;
    span.parent_is_remote = trace.has_parent();
    span.http_route = http_routes_.of(call);
    span.name = {.what = method_name(call), .object = span.http_route};
    span.failed = server_failed(call);
    return span;
}

Span CallSpans::client_span(const LlmCall& call) {
    Span span = begin_span(call);
    span.kind = SpanKind::client;
    span.span_id = call.trace->span_id;
    span.parent_span_id = call.trace->server_span_id;
    span.name = {.what = call.operation.empty() ? method_name(call) : call.operation, .object = call.request_model};
    span.failed = !call.error_type.empty();
    if (call.provider_error_type != call.error_type) span.status_message = call.provider_error_type;
    return span;
}

void add_attributes(AttributeSink& sink, const Span& span, const LlmCall& call, const SpanOptions& options) {
    add_span(sink, span, call, options);
}

void add_attributes(OtlpAttributes& sink, const Span& span, const LlmCall& call, const SpanOptions& options) {
    add_span(sink, span, call, options);
}

SpanEvents events_of(const Span& span, const LlmCall& call) noexcept {
    SpanEvents events;
    if (span.kind == SpanKind::server) return events;
    const Timings& at = call.timings;
    const auto add = [&](std::string_view name, const std::optional<Instant>& instant) {
        if (instant) events.add({.time = unix_nanos(at, *instant), .name = name});
    };
    add("tokenweir.retry", at.retried);
    add("tokenweir.first_byte", at.first_byte);
    add(first_token_event, at.first_token);
    add("tokenweir.first_answer", at.first_answer);
    add(stall_event, at.first_stall);
    const bool cancelled =
        call.outcome == Outcome::cancelled_before_first_token || call.outcome == Outcome::cancelled_mid_stream;
    if (cancelled) add("tokenweir.cancelled", at.ended);
    return events;
}

void add_attributes(AttributeSink& sink, const SpanEvent& event, const LlmCall& call) {
    if (event.name == first_token_event && call.first_token_kind)
        sink.text("tokenweir.first_token.kind", name_of(*call.first_token_kind));
    if (event.name == stall_event) {
        sink.integer("tokenweir.stalls", call.gaps.stalls);
        sink.number("tokenweir.inter_token.max", call.gaps.max_seconds);
    }
}

void add_attributes(AttributeSink& sink, const LlmCall& call, GenAiDialect dialect) {
    add_members<Place::log>(sink, call, dialect);
}

void add_attributes(OtlpAttributes& sink, const LlmCall& call, GenAiDialect dialect) {
    add_members<Place::log>(sink, call, dialect);
}

}  // namespace tokenweir::tracing
