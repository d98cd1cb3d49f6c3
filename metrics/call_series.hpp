/// What one call adds to the metrics: the time series of a label set, and a pure function from a call to their numbers.
///
/// A new number per call is a row here, a line in `measure`, and its metric in the catalogue.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "metrics/catalogue.hpp"
#include "metrics/series_set.hpp"
#include "observation/genai_dialect.hpp"
#include "observation/llm_call.hpp"

namespace tokenweir::metrics {

/// A time series that a call may feed. One label may be decided here; the call decides the others.
struct CallSeries {
    consteval CallSeries(std::string_view metric_name, std::string_view label = {}, std::string_view value = {})
        : metric(&metrics::metric(metric_name)), fixed_label(label), fixed_value(value) {}

    const MetricDefinition* metric;
    std::string_view fixed_label, fixed_value;
};

/// Rows of one metric follow each other; those that are chosen by an enum are in its
/// order: phases, bypass and finish reasons, sources of costs.
inline constexpr auto call_series = std::to_array<CallSeries>({
    {"tokenweir_calls_total"},
    {"tokenweir_errors_total"},
    {"tokenweir_client_retries_total"},
    {"tokenweir_client_timeouts_total"},
    {"tokenweir_tokens_total", "kind", "uncached_input"},
    {"tokenweir_tokens_total", "kind", "cache_read"},
    {"tokenweir_tokens_total", "kind", "cache_creation"},
    {"tokenweir_tokens_total", "kind", "output"},
    {"tokenweir_tokens_total", "kind", "reasoning"},
    {"tokenweir_usage_missing_total"},
    {"tokenweir_cost_usd_total"},
    {"tokenweir_cost_source_total", "source", "catalogue"},
    {"tokenweir_cost_source_total", "source", "provider"},
    {"tokenweir_cost_source_total", "source", "unpriced"},
    {"tokenweir_cost_source_total", "source", "no_model"},
    {"tokenweir_stalls_total"},
    {"tokenweir_tool_calls_total"},
    {"tokenweir_server_tool_calls_total"},
    {"tokenweir_model_substituted_total"},
    {"tokenweir_context_exceeded_total"},
    {"tokenweir_finish_reasons_total", "reason", "stop"},
    {"tokenweir_finish_reasons_total", "reason", "length"},
    {"tokenweir_finish_reasons_total", "reason", "tool_calls"},
    {"tokenweir_finish_reasons_total", "reason", "content_filter"},
    {"tokenweir_finish_reasons_total", "reason", "error"},
    {"tokenweir_finish_reasons_total", "reason", "other"},
    {"tokenweir_no_first_token_total", "reason", "cancelled"},
    {"tokenweir_no_first_token_total", "reason", "timeout"},
    {"tokenweir_no_first_token_total", "reason", "error"},
    {"tokenweir_no_first_token_total", "reason", "no_output"},
    {"tokenweir_calls_attributed_total", "by", "conversation"},
    {"tokenweir_calls_attributed_total", "by", "enduser"},
    {"tokenweir_calls_attributed_total", "by", "tags"},
    {"tokenweir_calls_attributed_total", "by", "trace"},
    {"tokenweir_observer_bypassed_total", "reason", "off"},
    {"tokenweir_observer_bypassed_total", "reason", "malformed"},
    {"tokenweir_observer_bypassed_total", "reason", "over_limit"},
    {"tokenweir_observer_bypassed_total", "reason", "unknown_coding"},
    {"tokenweir_content_truncated_total", "reason", "cut"},
    {"tokenweir_content_truncated_total", "reason", "omitted"},
    {"gen_ai_client_inference_usage_input_tokens_total", "gen_ai_token_modality", "unknown"},
    {"gen_ai_client_inference_usage_output_tokens_total", "gen_ai_token_modality", "unknown"},
    {"gen_ai_client_inference_usage_cache_read_input_tokens_total", "gen_ai_token_modality", "unknown"},
    {"gen_ai_client_inference_usage_cache_write_input_tokens_total", "gen_ai_token_modality", "unknown"},
    {"gen_ai_client_inference_usage_reasoning_output_tokens_total", "gen_ai_token_modality", "unknown"},

    {"tokenweir_call_duration_seconds"},
    {"tokenweir_phase_seconds", "phase", "request_upload"},
    {"tokenweir_phase_seconds", "phase", "dns"},
    {"tokenweir_phase_seconds", "phase", "connect"},
    {"tokenweir_phase_seconds", "phase", "tls"},
    {"tokenweir_phase_seconds", "phase", "upstream_wait"},
    {"tokenweir_phase_seconds", "phase", "generation"},
    {"tokenweir_phase_seconds", "phase", "client_backpressure"},
    {"tokenweir_overhead_seconds"},
    {"tokenweir_request_body_bytes"},
    {"tokenweir_response_body_bytes"},
    {"tokenweir_time_to_first_byte_seconds"},
    {"tokenweir_time_to_first_token_seconds"},
    {"tokenweir_time_to_first_answer_seconds"},
    {"tokenweir_inter_token_seconds"},
    {"gen_ai_client_operation_duration_seconds"},
    {"gen_ai_client_operation_time_to_first_chunk_seconds"},
    {"gen_ai_client_operation_time_per_output_chunk_seconds"},
    {"gen_ai_client_token_usage", "gen_ai_token_type", "input"},
    {"gen_ai_client_token_usage", "gen_ai_token_type", "output"},
    {"gen_ai_client_inference_duration_seconds"},
    {"gen_ai_client_inference_time_to_first_chunk_seconds"},
    {"gen_ai_client_inference_time_per_output_chunk_seconds"},
    {"gen_ai_client_inference_operation_input_tokens"},
    {"gen_ai_client_inference_operation_output_tokens"},
});

/// The place of a series in `call_series`; one that is not there fails to compile.
consteval std::size_t series(std::string_view metric_name, std::string_view fixed_value = {}) {
    for (std::size_t i = 0; i < call_series.size(); ++i)
        if (call_series[i].metric->name == metric_name && call_series[i].fixed_value == fixed_value) return i;
    throw "not a series of a call";
}

/// The series that take many values of a call, from `LlmCall::gaps`; in `Measurements` they are only marked.
constexpr bool takes_gaps(std::size_t at) noexcept { return call_series[at].metric->buckets == &gap_buckets; }

/// The numbers of one call, by place in `call_series`. A value is only there if it is present.
struct Measurements {
    SeriesSet<call_series.size()> present;
    std::array<double, call_series.size()> values;

    void set(std::size_t at, double value) noexcept {
        present.add(at);
        values[at] = value;
    }
};

/// Everything but the substituted model, which is decided by the labels. Pure.
void measure(const LlmCall& call, GenAiDialect dialect, Measurements& out) noexcept;

}  // namespace tokenweir::metrics
