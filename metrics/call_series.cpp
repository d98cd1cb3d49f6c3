#include "metrics/call_series.hpp"

#include <algorithm>

#include "metrics/finish_reason.hpp"

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
    if (call.cost) out.set(series("tokenweir_cost_usd_total"), *call.cost);
    if (call.cost_source)
        out.set(series("tokenweir_cost_source_total", "catalogue") + static_cast<std::size_t>(*call.cost_source), 1);
}

void measure_clocks(const LlmCall& call, Measurements& out) noexcept {
    const Timings& at = call.timings;
    const auto since_start = [&](const std::optional<Instant>& instant) { return seconds(*instant - at.started); };
    if (at.first_byte) out.set(series("tokenweir_time_to_first_byte_seconds"), since_start(at.first_byte));
    if (!call.response_streamed) {
        const bool failed = call.outcome != Outcome::ok && !at.first_token;  // a whole body has no first token to miss
        if (failed && call.settings.stream.value_or(false)) out.set(no_first_token(call.outcome), 1);
        return;
    }
    if (at.first_token)
        out.set(series("tokenweir_time_to_first_token_seconds"), since_start(at.first_token));
    else
        out.set(no_first_token(call.outcome), 1);
    if (at.first_answer) out.set(series("tokenweir_time_to_first_answer_seconds"), since_start(at.first_answer));
    if (call.gaps.total > 0) out.set(series("tokenweir_inter_token_seconds"), 0);
    if (call.gaps.stalls > 0) out.set(series("tokenweir_stalls_total"), call.gaps.stalls);
}

/// What the provider counted. The conventions: tokens it did not count "must not" be reported.
TokenUsage counted(const TokenUsage& usage) noexcept {
    const bool is_counted = usage.source == UsageSource::reported || usage.source == UsageSource::partial;
    return is_counted ? usage : TokenUsage{};
}

/// What is known by two names.
void copy(Measurements& out, std::size_t to, std::size_t from) noexcept {
    if (out.present.has(from)) out.set(to, out.values[from]);
}

void measure_v1_41(const LlmCall& call, Measurements& out) noexcept {
    const TokenUsage usage = counted(call.usage);
    out.set(series("gen_ai_client_operation_duration_seconds"), seconds(call.timings.duration()));
    copy(out, series("gen_ai_client_operation_time_to_first_chunk_seconds"),
         series("tokenweir_time_to_first_token_seconds"));
    copy(out, series("gen_ai_client_operation_time_per_output_chunk_seconds"), series("tokenweir_inter_token_seconds"));
    if (usage.input) out.set(series("gen_ai_client_token_usage", "input"), static_cast<double>(*usage.input));
    if (usage.output) out.set(series("gen_ai_client_token_usage", "output"), static_cast<double>(*usage.output));
}

/// These are no inference there: they keep their name of v1.41, and their tokens have none.
bool is_inference(std::string_view operation) noexcept { return operation != "embeddings" && operation != "rerank"; }

void measure_latest(const LlmCall& call, Measurements& out) noexcept {
    const double duration = seconds(call.timings.duration());
    if (!is_inference(call.operation)) return out.set(series("gen_ai_client_operation_duration_seconds"), duration);
    out.set(series("gen_ai_client_inference_duration_seconds"), duration);
    copy(out, series("gen_ai_client_inference_time_to_first_chunk_seconds"),
         series("tokenweir_time_to_first_token_seconds"));
    copy(out, series("gen_ai_client_inference_time_per_output_chunk_seconds"), series("tokenweir_inter_token_seconds"));

    // Totals and histograms are fed by every call, with 0 if no usage came back.
    const TokenUsage usage = counted(call.usage);
    const auto set = [&](std::size_t at, const std::optional<std::int64_t>& tokens) {
        out.set(at, static_cast<double>(std::max<std::int64_t>(tokens.value_or(0), 0)));
    };
    set(series("gen_ai_client_inference_usage_input_tokens_total", "unknown"), usage.input);
    set(series("gen_ai_client_inference_usage_output_tokens_total", "unknown"), usage.output);
    set(series("gen_ai_client_inference_operation_input_tokens"), usage.input);
    set(series("gen_ai_client_inference_operation_output_tokens"), usage.output);
    if (usage.cache_read)
        set(series("gen_ai_client_inference_usage_cache_read_input_tokens_total", "unknown"), usage.cache_read);
    if (usage.cache_creation)
        set(series("gen_ai_client_inference_usage_cache_write_input_tokens_total", "unknown"), usage.cache_creation);
    if (usage.reasoning)
        set(series("gen_ai_client_inference_usage_reasoning_output_tokens_total", "unknown"), usage.reasoning);
}

void measure_answer(const LlmCall& call, Measurements& out) noexcept {
    bool context_exceeded = call.provider_error_code == "context_length_exceeded";
    for (const std::string& reason : call.finish_reasons) {
        const std::size_t at = series("tokenweir_finish_reasons_total", finish_reason_names[0]) +
                               static_cast<std::size_t>(finish_reason_of(reason));
        out.set(at, out.present.has(at) ? out.values[at] + 1 : 1);
        context_exceeded = context_exceeded || is_context_exceeded(reason);
    }
    if (context_exceeded) out.set(series("tokenweir_context_exceeded_total"), 1);
    if (call.tool_calls > 0) out.set(series("tokenweir_tool_calls_total"), static_cast<double>(call.tool_calls));
    if (call.server_tool_calls > 0)
        out.set(series("tokenweir_server_tool_calls_total"), static_cast<double>(call.server_tool_calls));
}

void measure_attribution(const LlmCall& call, Measurements& out) noexcept {
    if (!call.conversation_id.empty()) out.set(series("tokenweir_calls_attributed_total", "conversation"), 1);
    if (!call.enduser_id.empty()) out.set(series("tokenweir_calls_attributed_total", "enduser"), 1);
    if (!call.tags.empty()) out.set(series("tokenweir_calls_attributed_total", "tags"), 1);
    if (call.trace && call.trace->has_parent()) out.set(series("tokenweir_calls_attributed_total", "trace"), 1);
}

/// An SDK's timer and our clock do not start at the same instant: it may fire a little early in our eyes.
bool timed_out_by_client(const LlmCall& call) noexcept {
    constexpr double tolerance = 0.95;
    return cancelled(call.outcome) && call.client_timeout_seconds && *call.client_timeout_seconds > 0 &&
           seconds(call.timings.duration()) >= tolerance * *call.client_timeout_seconds;
}

}  // namespace

void measure(const LlmCall& call, GenAiDialect dialect, Measurements& out) noexcept {
    out.set(series("tokenweir_calls_total"), 1);
    if (call.outcome != Outcome::ok && !cancelled(call.outcome)) out.set(series("tokenweir_errors_total"), 1);
    if (call.client_retry_count.value_or(0) > 0) out.set(series("tokenweir_client_retries_total"), 1);
    if (timed_out_by_client(call)) out.set(series("tokenweir_client_timeouts_total"), 1);
    if (call.decoding != Decoding::complete)
        out.set(series("tokenweir_observer_bypassed_total", "off") + static_cast<std::size_t>(call.decoding) - 1, 1);
    if (call.content && call.content->cut) out.set(series("tokenweir_content_truncated_total", "cut"), 1);
    if (call.content && call.content->omitted > 0) out.set(series("tokenweir_content_truncated_total", "omitted"), 1);

    out.set(series("tokenweir_call_duration_seconds"), seconds(call.timings.duration()));
    for (std::size_t i = 0; i < phase_count; ++i)
        if (const auto& spent = call.timings.phases[i])
            out.set(series("tokenweir_phase_seconds", phase_names[0]) + i, seconds(*spent));
    out.set(series("tokenweir_overhead_seconds"), seconds(call.timings.overhead()));
    out.set(series("tokenweir_request_body_bytes"), static_cast<double>(call.request_body_bytes));
    out.set(series("tokenweir_response_body_bytes"), static_cast<double>(call.response_body_bytes));
    if (!call.generation) return;
    measure_tokens(call, out);
    measure_clocks(call, out);
    measure_answer(call, out);
    measure_attribution(call, out);
    if (has_v1_41(dialect)) measure_v1_41(call, out);
    if (has_latest(dialect)) measure_latest(call, out);
}

}  // namespace tokenweir::metrics
