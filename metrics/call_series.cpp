#include "metrics/call_series.hpp"

#include <algorithm>

namespace tokenweir::metrics {
namespace {

double seconds(Duration duration) noexcept { return std::chrono::duration_cast<Seconds>(duration).count(); }

bool cancelled(Outcome outcome) noexcept {
    return outcome == Outcome::cancelled_before_first_token || outcome == Outcome::cancelled_mid_stream;
}

std::size_t no_first_token(Outcome outcome) noexcept {
    switch (outcome) {
        case Outcome::ok: return series("tokenweir_no_first_token_total", "no_output");
        case Outcome::timeout: return series("tokenweir_no_first_token_total", "timeout");
        case Outcome::cancelled_before_first_token:
        case Outcome::cancelled_mid_stream: return series("tokenweir_no_first_token_total", "cancelled");
        case Outcome::client_error:
        case Outcome::rate_limited:
        case Outcome::upstream_error:
        case Outcome::stream_error:
        case Outcome::truncated:
        case Outcome::connect_error:
        case Outcome::rejected: break;
    }
    return series("tokenweir_no_first_token_total", "error");
}

/// Splits `total` into its parts and the rest; parts that exceed it are cut, so that the sum stays the total.
template <std::size_t Parts>
void partition(std::optional<std::int64_t> total, std::size_t rest_at,
               const std::pair<std::size_t, std::optional<std::int64_t>> (&parts)[Parts], Measurements& out) noexcept {
    if (!total || *total < 0) return;
    std::int64_t rest = *total;
    for (const auto& [at, count] : parts) {
        if (!count) continue;
        const std::int64_t part = std::clamp<std::int64_t>(*count, 0, rest);
        if (part > 0) out.set(at, static_cast<double>(part));
        rest -= part;
    }
    out.set(rest_at, static_cast<double>(rest));
}

void measure_tokens(const LlmCall& call, Measurements& out) noexcept {
    const TokenUsage& usage = call.usage;
    partition(usage.input, series("tokenweir_tokens_total", "uncached_input"),
              {{series("tokenweir_tokens_total", "cache_read"), usage.cache_read},
               {series("tokenweir_tokens_total", "cache_creation"), usage.cache_creation}},
              out);
    partition(usage.output, series("tokenweir_tokens_total", "output"),
              {{series("tokenweir_tokens_total", "reasoning"), usage.reasoning}}, out);
    if (usage_missing(call)) out.set(series("tokenweir_usage_missing_total"), 1);

    // The convention: "must not report" what the provider did not count.
    if (usage.source == UsageSource::missing || usage.source == UsageSource::estimated) return;
    if (usage.input) out.set(series("gen_ai_client_token_usage", "input"), static_cast<double>(*usage.input));
    if (usage.output) out.set(series("gen_ai_client_token_usage", "output"), static_cast<double>(*usage.output));
}

void measure_clocks(const LlmCall& call, Measurements& out) noexcept {
    const Timings& at = call.timings;
    const auto since_start = [&](const std::optional<Instant>& instant) { return seconds(*instant - at.started); };
    if (at.first_byte && call.status && *call.status < 400)
        out.set(call.response_streamed ? series("tokenweir_time_to_first_byte_seconds", "true")
                                       : series("tokenweir_time_to_first_byte_seconds", "false"),
                since_start(at.first_byte));
    if (!call.response_streamed) {
        const bool failed = call.outcome != Outcome::ok && !at.first_token;  // a whole body has no first token to miss
        if (failed && call.settings.stream.value_or(false)) out.set(no_first_token(call.outcome), 1);
        return;
    }
    if (at.first_token) {
        out.set(series("tokenweir_time_to_first_token_seconds"), since_start(at.first_token));
        out.set(series("gen_ai_client_operation_time_to_first_chunk_seconds"), since_start(at.first_token));
    } else {
        out.set(no_first_token(call.outcome), 1);
    }
    if (at.first_answer) out.set(series("tokenweir_time_to_first_answer_seconds"), since_start(at.first_answer));
    if (call.gaps.total > 0) out.set(gap_series, 0);
}

void measure_generation(const LlmCall& call, Measurements& out) noexcept {
    out.set(series("gen_ai_client_operation_duration_seconds"), seconds(call.timings.duration()));
    measure_tokens(call, out);
    measure_clocks(call, out);
    if (call.cost) out.set(series("tokenweir_cost_usd_total"), *call.cost);
    if (call.cost_source)
        out.set(series("tokenweir_cost_source_total", "catalogue") + static_cast<std::size_t>(*call.cost_source), 1);
    if (call.gaps.stalls > 0) out.set(series("tokenweir_stalls_total"), call.gaps.stalls);
    if (call.tool_calls > 0) out.set(series("tokenweir_tool_calls_total"), static_cast<double>(call.tool_calls));
    if (call.server_tool_calls > 0)
        out.set(series("tokenweir_server_tool_calls_total"), static_cast<double>(call.server_tool_calls));
}

}  // namespace

void measure(const LlmCall& call, Measurements& out) noexcept {
    out.set(series("tokenweir_calls_total"), 1);
    if (call.outcome != Outcome::ok && !cancelled(call.outcome)) out.set(series("tokenweir_errors_total"), 1);
    if (call.client_retry_count.value_or(0) > 0) out.set(series("tokenweir_client_retries_total"), 1);
    if (call.decoding != Decoding::complete)
        out.set(series("tokenweir_observer_bypassed_total", "off") + static_cast<std::size_t>(call.decoding) - 1, 1);

    out.set(series("tokenweir_call_duration_seconds"), seconds(call.timings.duration()));
    for (std::size_t i = 0; i < phase_count; ++i)
        if (const auto& spent = call.timings.phases[i])
            out.set(series("tokenweir_phase_seconds", phase_names[0]) + i, seconds(*spent));
    out.set(series("tokenweir_overhead_seconds"), seconds(call.timings.overhead()));
    out.set(series("tokenweir_request_body_bytes"), static_cast<double>(call.request_body_bytes));
    out.set(series("tokenweir_response_body_bytes"), static_cast<double>(call.response_body_bytes));
    if (call.generation) measure_generation(call, out);
}

}  // namespace tokenweir::metrics
