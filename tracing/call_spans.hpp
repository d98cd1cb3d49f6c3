/// A call as spans: a SERVER span for the client's request, and under it a CLIENT span for what was asked of the model.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "observation/genai_dialect.hpp"
#include "observation/llm_call.hpp"
#include "observation/telemetry_options.hpp"
#include "tracing/span.hpp"

namespace tokenweir::tracing {

struct SpanOptions {
    GenAiDialect dialect = GenAiDialect::v1_41;
    std::vector<TraceProfile> profiles{};
    std::vector<std::pair<std::string, std::string>> routes{};  ///< name and prefix, for http.route
};

/// One span if nothing was sent upstream, else the SERVER and the CLIENT span. None without a trace. For the exporter's
/// thread: it allocates. `record` is what append_record() gives; the spans are views into it and into the call.
std::vector<Span> spans_of(const LlmCall& call, const Attributes& record, const SpanOptions& options);

/// All of the record in the words of a dialect: views into it.
Attributes event_attributes(const Attributes& record, GenAiDialect dialect);

/// The request left for the upstream, or tried to.
bool went_upstream(const LlmCall& call) noexcept;

UnixNanos unix_nanos(const Timings& timings, Instant instant) noexcept;

}  // namespace tokenweir::tracing
