/// Every metric that Tokenweir exports, in one table: families are created from it and docs/metrics.md is tested
/// against it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "observation/llm_call.hpp"

namespace tokenweir::metrics {

enum class MetricType : std::uint8_t { counter, gauge, histogram };

constexpr std::string_view name_of(MetricType type) noexcept {
    switch (type) {
        case MetricType::counter: return "counter";
        case MetricType::gauge: return "gauge";
        case MetricType::histogram: return "histogram";
    }
    return "untyped";
}

/// Upper bounds of a histogram, shared by the metrics that measure the same kind of thing.
struct BucketSet {
    std::string_view name;
    std::span<const double> bounds;
};

namespace bounds {

/// The sets that the GenAI conventions prescribe; durations go on where theirs end, for slow reasoning calls.
inline constexpr std::array duration{0.01, 0.02,  0.04,  0.08,  0.16,  0.32,   0.64,   1.28,  2.56,
                                     5.12, 10.24, 20.48, 40.96, 81.92, 163.84, 327.68, 655.36};
inline constexpr std::array tokens{1.,     4.,     16.,     64.,      256.,     1024.,     4096.,
                                   16384., 65536., 262144., 1048576., 4194304., 16777216., 67108864.};

/// Our own.
inline constexpr std::array latency{0.001, 0.0025, 0.005, 0.01,  0.02,  0.04,  0.08,  0.16,   0.32,   0.64,
                                    1.28,  2.56,   5.12,  10.24, 20.48, 40.96, 81.92, 163.84, 327.68, 655.36};
inline constexpr std::array phase{0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,  0.25,
                                  0.5,    1.,     2.5,   5.,     10.,   30.,  60.,   120., 300., 600.};
inline constexpr std::array overhead{0.00001, 0.000025, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025,
                                     0.005,   0.01,     0.025,   0.05,   0.1,     0.25,   0.5,   1.};
inline constexpr std::array size{256., 1024., 4096., 16384., 65536., 262144., 1048576., 4194304., 16777216., 67108864.};

}  // namespace bounds

inline constexpr BucketSet duration_buckets{"duration", bounds::duration};
inline constexpr BucketSet token_buckets{"tokens", bounds::tokens};
inline constexpr BucketSet gap_buckets{"gap", gap_bounds};
inline constexpr BucketSet latency_buckets{"latency", bounds::latency};
inline constexpr BucketSet phase_buckets{"phase", bounds::phase};
inline constexpr BucketSet overhead_buckets{"overhead", bounds::overhead};
inline constexpr BucketSet size_buckets{"size", bounds::size};

inline constexpr std::array bucket_sets{duration_buckets, token_buckets,    gap_buckets, latency_buckets,
                                        phase_buckets,    overhead_buckets, size_buckets};

struct MetricDefinition {
    std::string_view name;
    MetricType type;
    std::array<std::string_view, 6> label_names;  ///< the rest empty
    const BucketSet* buckets;                     ///< of a histogram, else nullptr
    std::string_view help;

    constexpr std::span<const std::string_view> labels() const noexcept {
        std::size_t count = 0;
        while (count < label_names.size() && !label_names[count].empty()) ++count;
        return {label_names.data(), count};
    }
};

inline constexpr auto counter = MetricType::counter;
inline constexpr auto gauge = MetricType::gauge;
inline constexpr auto histogram = MetricType::histogram;

inline constexpr auto catalogue = std::to_array<MetricDefinition>({
    // Generation calls, by the OpenTelemetry GenAI conventions (v1.41)
    {"gen_ai_client_operation_duration_seconds",
     histogram,
     {"gen_ai_operation_name", "gen_ai_provider_name", "gen_ai_request_model", "error_type"},
     &duration_buckets,
     "Duration of generation calls; error_type is absent unless the call failed."},
    {"gen_ai_client_operation_time_to_first_chunk_seconds",
     histogram,
     {"gen_ai_operation_name", "gen_ai_provider_name", "gen_ai_request_model"},
     &duration_buckets,
     "Streamed generation calls: request head to the first event with model output of any kind."},
    {"gen_ai_client_operation_time_per_output_chunk_seconds",
     histogram,
     {"gen_ai_operation_name", "gen_ai_provider_name", "gen_ai_request_model"},
     &gap_buckets,
     "Streamed generation calls: each gap between two events with model output."},
    {"gen_ai_client_token_usage",
     histogram,
     {"gen_ai_operation_name", "gen_ai_provider_name", "gen_ai_request_model", "gen_ai_token_type"},
     &token_buckets,
     "Tokens per generation call as the provider reported them; input includes its cached part, output its reasoning."},

    // Calls
    {"tokenweir_calls_accepted_total", counter, {}, nullptr, "Requests whose head was read."},
    {"tokenweir_calls_finished_total",
     counter,
     {"outcome"},
     nullptr,
     "Calls that ended; accepted = the sum over outcomes + in flight."},
    {"tokenweir_calls_in_flight", gauge, {}, nullptr, "Calls that were accepted and have not ended."},
    {"tokenweir_calls_total",
     counter,
     {"route", "operation", "provider", "model", "outcome", "status_class"},
     nullptr,
     "Recorded calls; status_class is that of the response the client was sent."},
    {"tokenweir_call_duration_seconds",
     histogram,
     {"route", "outcome"},
     &latency_buckets,
     "Request head to the last byte written, of every call."},
    {"tokenweir_errors_total",
     counter,
     {"route", "operation", "provider", "model", "error_type"},
     nullptr,
     "Calls that failed; a client that goes away is not a failure."},
    {"tokenweir_client_retries_total",
     counter,
     {"route", "provider"},
     nullptr,
     "Calls that the client marked as a repetition of an earlier one."},
    {"tokenweir_phase_seconds",
     histogram,
     {"phase"},
     &phase_buckets,
     "Time that calls spent in each of the disjoint phases they went through."},
    {"tokenweir_overhead_seconds",
     histogram,
     {},
     &overhead_buckets,
     "Duration minus all phases: the time a call spent inside the proxy and nowhere else."},
    {"tokenweir_request_body_bytes", histogram, {"route"}, &size_buckets, "Size of request bodies on the wire."},
    {"tokenweir_response_body_bytes", histogram, {"route"}, &size_buckets, "Size of response bodies on the wire."},

    // Generation
    {"tokenweir_time_to_first_byte_seconds",
     histogram,
     {"route", "provider", "model", "streamed"},
     &latency_buckets,
     "Generation calls below status 400: request head to the first response body byte from the upstream."},
    {"tokenweir_time_to_first_token_seconds",
     histogram,
     {"route", "provider", "model"},
     &latency_buckets,
     "Streamed generation calls: request head to the first event with model output of any kind."},
    {"tokenweir_time_to_first_answer_seconds",
     histogram,
     {"route", "provider", "model"},
     &latency_buckets,
     "Streamed generation calls: request head to the first visible answer text or tool call, reasoning excluded."},
    {"tokenweir_no_first_token_total",
     counter,
     {"reason"},
     nullptr,
     "Generation calls that asked for a stream and got no model output."},
    {"tokenweir_tokens_total",
     counter,
     {"route", "provider", "model", "kind", "source"},
     nullptr,
     "Tokens of generation calls. Kinds do not overlap: their sum is the true total."},
    {"tokenweir_usage_missing_total",
     counter,
     {"route", "provider", "model"},
     nullptr,
     "Generation calls with model output whose tokens the wire did not report."},
    {"tokenweir_cost_usd_total",
     counter,
     {"route", "provider", "model"},
     nullptr,
     "US dollars that generation calls cost, from the price catalogue or as the provider said."},
    {"tokenweir_cost_source_total",
     counter,
     {"provider", "model", "source"},
     nullptr,
     "Generation calls with something to bill, by where their cost came from, or why they have none."},
    {"tokenweir_stalls_total",
     counter,
     {"route", "provider", "model"},
     nullptr,
     "Gaps between two events with model output that passed the stall threshold."},
    {"tokenweir_tool_calls_total",
     counter,
     {"route", "provider", "model"},
     nullptr,
     "Tool calls that the model emitted for the client to run."},
    {"tokenweir_server_tool_calls_total",
     counter,
     {"route", "provider", "model"},
     nullptr,
     "Tool calls that the provider ran itself."},

    // The proxy's health
    {"tokenweir_probes_total", counter, {}, nullptr, "Probes of / that were answered; they are not calls."},
    {"tokenweir_client_connections", gauge, {}, nullptr, "Open client connections."},
    {"tokenweir_client_connections_accepted_total", counter, {}, nullptr, "Client connections accepted."},
    {"tokenweir_client_connections_refused_total",
     counter,
     {},
     nullptr,
     "Client connections turned away because the limit was reached."},
    {"tokenweir_upstream_connections",
     gauge,
     {"state"},
     nullptr,
     "Open upstream connections, in use or idle in a pool."},
    {"tokenweir_upstream_connections_opened_total", counter, {}, nullptr, "Upstream connections opened."},
    {"tokenweir_upstream_connections_reused_total",
     counter,
     {},
     nullptr,
     "Times a pooled connection served another call."},
    {"tokenweir_upstream_retries_total",
     counter,
     {},
     nullptr,
     "Requests sent again on a fresh connection because the pooled one was stale."},
    {"tokenweir_client_bytes_total", counter, {"direction"}, nullptr, "Bytes exchanged with clients."},
    {"tokenweir_upstream_bytes_total", counter, {"direction"}, nullptr, "Bytes exchanged with upstreams."},
    {"tokenweir_backpressure_pauses_total",
     counter,
     {},
     nullptr,
     "Times one side was not read because the other one was full."},

    // The observation's health
    {"tokenweir_observer_bypassed_total",
     counter,
     {"reason"},
     nullptr,
     "Calls whose bodies were not read to the end by the observer; their bytes passed all the same."},
    {"tokenweir_label_overflow_total",
     counter,
     {"label"},
     nullptr,
     "Calls counted under other because a label had reached its number of values."},
    {"tokenweir_sink_records_written_total", counter, {"sink"}, nullptr, "Records that a sink has delivered."},
    {"tokenweir_sink_records_dropped_total", counter, {"sink", "reason"}, nullptr, "Records that a sink gave up."},
    {"tokenweir_sink_records_queued",
     gauge,
     {"sink"},
     nullptr,
     "Records waiting in a sink; finished = written + dropped + queued."},

    // The process
    {"tokenweir_build_info", gauge, {"version"}, nullptr, "Always 1; the version is in the label."},
    {"process_cpu_seconds_total", counter, {}, nullptr, "User and system CPU time."},
    {"process_resident_memory_bytes", gauge, {}, nullptr, "Resident memory."},
    {"process_virtual_memory_bytes", gauge, {}, nullptr, "Virtual memory."},
    {"process_open_fds", gauge, {}, nullptr, "Open file descriptors."},
    {"process_max_fds", gauge, {}, nullptr, "Limit of open file descriptors."},
    {"process_threads", gauge, {}, nullptr, "Threads of the process."},
    {"process_start_time_seconds", gauge, {}, nullptr, "Start of the process, in seconds since 1970."},
});

/// The definition of that name; a name that the table does not have fails to compile.
consteval const MetricDefinition& metric(std::string_view name) {
    for (const MetricDefinition& definition : catalogue)
        if (definition.name == name) return definition;
    throw "not in the catalogue";
}

}  // namespace tokenweir::metrics
