/// A call as spans: a SERVER span for the client's request, and under it a CLIENT span for what was asked of the model.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "observation/genai_dialect.hpp"
#include "observation/llm_call.hpp"
#include "observation/telemetry_options.hpp"
#include "tracing/attribute_sink.hpp"
#include "tracing/http_route.hpp"
#include "tracing/span.hpp"

namespace tokenweir::tracing {

class OtlpAttributes;

struct SpanOptions {
    GenAiDialect dialect = GenAiDialect::v1_41;
    std::vector<TraceProfile> profiles{};
    std::vector<std::pair<std::string, std::string>> routes{};  ///< name and prefix, for http.route
};

/// The request left for the upstream, or tried to.
bool went_upstream(const LlmCall& call) noexcept;

/// Makes the spans of one call after the other. For one thread.
class CallSpans {
public:
    explicit CallSpans(SpanOptions options) : options_(std::move(options)) {}
    CallSpans(const CallSpans&) = delete;
    CallSpans& operator=(const CallSpans&) = delete;

    const SpanOptions& options() const noexcept { return options_; }

    /// Visits the SERVER span, and the CLIENT span if something was sent upstream; neither without a trace.
    template <class Visit>
    void of(const LlmCall& call, const Visit& visit) {
        if (!call.trace) return;
        visit(server_span(call));
        if (went_upstream(call)) visit(client_span(call));
    }

private:
    Span server_span(const LlmCall& call);
    static Span client_span(const LlmCall& call);

    const SpanOptions options_;
    HttpRoutes http_routes_{options_.routes};
};

/// Adds the attributes of that span of the call.
void add_attributes(AttributeSink& sink, const Span& span, const LlmCall& call, const SpanOptions& options);
void add_attributes(OtlpAttributes& sink, const Span& span, const LlmCall& call, const SpanOptions& options);

/// What happened during that span of the call.
SpanEvents events_of(const Span& span, const LlmCall& call) noexcept;
void add_attributes(AttributeSink& sink, const SpanEvent& event, const LlmCall& call);

/// Adds all of the record in the words of a dialect: what a log record has.
void add_attributes(AttributeSink& sink, const LlmCall& call, GenAiDialect dialect);
void add_attributes(OtlpAttributes& sink, const LlmCall& call, GenAiDialect dialect);

UnixNanos unix_nanos(const Timings& timings, Instant instant) noexcept;

}  // namespace tokenweir::tracing
