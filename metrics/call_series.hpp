/// What one call adds to the metrics: the time series of a label set, and a pure function from a call to their numbers.
///
/// A new number per call is a row here, a line in `measure`, and its metric in the catalogue.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "metrics/catalogue.hpp"
#include "observation/llm_call.hpp"

namespace tokenweir::metrics {

/// A time series that a call may feed. One label may be decided here; the call decides the others.
struct CallSeries {
    consteval CallSeries(std::string_view metric_name, std::string_view label = {}, std::string_view value = {})
        : metric(&metrics::metric(metric_name)), fixed_label(label), fixed_value(value) {}

    const MetricDefinition* metric;
    std::string_view fixed_label, fixed_value;
};

/// Counters first, then histograms; phases, bypass reasons and sources of costs in the order of their enums.
inline constexpr auto call_series = std::to_array<CallSeries>({
    {"tokenweir_calls_total"},
    {"tokenweir_errors_total"},
    {"tokenweir_client_retries_total"},
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
    {"tokenweir_no_first_token_total", "reason", "cancelled"},
    {"tokenweir_no_first_token_total", "reason", "timeout"},
    {"tokenweir_no_first_token_total", "reason", "error"},
    {"tokenweir_no_first_token_total", "reason", "no_output"},
    {"tokenweir_observer_bypassed_total", "reason", "off"},
    {"tokenweir_observer_bypassed_total", "reason", "malformed"},
    {"tokenweir_observer_bypassed_total", "reason", "over_limit"},
    {"tokenweir_observer_bypassed_total", "reason", "unknown_coding"},
    {"tokenweir_label_overflow_total", "label", "route"},
    {"tokenweir_label_overflow_total", "label", "operation"},
    {"tokenweir_label_overflow_total", "label", "provider"},
    {"tokenweir_label_overflow_total", "label", "model"},
    {"tokenweir_label_overflow_total", "label", "error_type"},

    {"tokenweir_call_duration_seconds"},
    {"tokenweir_phase_seconds", "phase", "request_upload"},
    {"tokenweir_phase_seconds", "phase", "pool_wait"},
    {"tokenweir_phase_seconds", "phase", "dns"},
    {"tokenweir_phase_seconds", "phase", "connect"},
    {"tokenweir_phase_seconds", "phase", "tls"},
    {"tokenweir_phase_seconds", "phase", "upstream_wait"},
    {"tokenweir_phase_seconds", "phase", "generation"},
    {"tokenweir_phase_seconds", "phase", "client_backpressure"},
    {"tokenweir_overhead_seconds"},
    {"tokenweir_request_body_bytes"},
    {"tokenweir_response_body_bytes"},
    {"tokenweir_time_to_first_byte_seconds", "streamed", "false"},
    {"tokenweir_time_to_first_byte_seconds", "streamed", "true"},
    {"tokenweir_time_to_first_token_seconds"},
    {"tokenweir_time_to_first_answer_seconds"},
    {"gen_ai_client_operation_duration_seconds"},
    {"gen_ai_client_operation_time_to_first_chunk_seconds"},
    {"gen_ai_client_operation_time_per_output_chunk_seconds"},
    {"gen_ai_client_token_usage", "gen_ai_token_type", "input"},
    {"gen_ai_client_token_usage", "gen_ai_token_type", "output"},
});

static_assert(call_series.size() <= 64, "the series of a call are a set of bits");

/// The place of a series in `call_series`; one that is not there fails to compile.
consteval std::size_t series(std::string_view metric_name, std::string_view fixed_value = {}) {
    for (std::size_t i = 0; i < call_series.size(); ++i)
        if (call_series[i].metric->name == metric_name && call_series[i].fixed_value == fixed_value) return i;
    throw "not a series of a call";
}

inline constexpr std::size_t counter_series = series("tokenweir_call_duration_seconds");
inline constexpr std::size_t histogram_series = call_series.size() - counter_series;

/// The one series that takes many values of a call, from `LlmCall::gaps`; in `Measurements` it is only marked.
inline constexpr std::size_t gap_series = series("gen_ai_client_operation_time_per_output_chunk_seconds");

/// The numbers of one call, by place in `call_series`. A value is only there if its bit is set.
struct Measurements {
    std::uint64_t present = 0;
    std::array<double, call_series.size()> values;

    void set(std::size_t at, double value) noexcept {
        present |= std::uint64_t{1} << at;
        values[at] = value;
    }
};

/// Everything but the label overflows. Pure.
void measure(const LlmCall& call, Measurements& out) noexcept;

}  // namespace tokenweir::metrics
