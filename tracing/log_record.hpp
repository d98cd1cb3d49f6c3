/// A call as a log record of OpenTelemetry, but for its attributes: all of the record, which goes straight into an
/// encoding.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "observation/llm_call.hpp"
#include "tracing/call_spans.hpp"

namespace tokenweir::tracing {

struct LogRecord {
    UnixNanos time = 0;  ///< the end of the call
    UnixNanos observed = 0;
    std::int64_t severity_number = 0;  ///< the conventions' successor prescribes DEBUG
    std::string_view severity_text{};
    std::string_view event_name{};        ///< the conventions' own for generations, tokenweir.call for all others
    std::string body{};                   ///< for people
    const TraceContext* trace = nullptr;  ///< may be absent
};

/// A view into it.
inline LogRecord log_record_of(const LlmCall& call, GenAiDialect dialect) {
    constexpr std::int64_t debug = 5, info = 9;
    const bool is_debug = dialect == GenAiDialect::latest;
    const UnixNanos end = unix_nanos(call.timings, call.timings.ended);
    std::string body = call.operation.empty() ? call.method : call.operation;
    if (!call.request_model.empty()) body.append(1, ' ').append(call.request_model);
    body.append(": ").append(name_of(call.outcome));
    return {.time = end,
            .observed = end,
            .severity_number = is_debug ? debug : info,
            .severity_text = is_debug ? "DEBUG" : "INFO",
            .event_name = call.generation ? "gen_ai.client.inference.operation.details" : "tokenweir.call",
            .body = std::move(body),
            .trace = call.trace ? &*call.trace : nullptr};
}

/// What the attributes' names mean, by dialect.
constexpr std::string_view schema_url(GenAiDialect dialect) noexcept {
    return has_v1_41(dialect) ? "https://opentelemetry.io/schemas/1.41.0"
                              : "https://opentelemetry.io/schemas/gen-ai-dev/1.42.0-dev";
}

/// The W3C trace flags of a span or log record.
constexpr unsigned trace_flags(bool sampled, bool random) noexcept { return (sampled ? 1U : 0U) | (random ? 2U : 0U); }

}  // namespace tokenweir::tracing
