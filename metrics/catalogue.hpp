/// Every metric that Tokenweir exports, in one table: families are created from it and docs/metrics.md is tested
/// against it. A metric that has the label `model` also has those that `labels.tags` adds.
#pragma once

#include "metrics/metric_definition.hpp"

namespace tokenweir::metrics {

using LabelNames = decltype(MetricDefinition::label_names);

consteval MetricDefinition counter(std::string_view name, LabelNames labels, std::string_view help) {
    return {name, MetricType::counter, labels, nullptr, help};
}
consteval MetricDefinition gauge(std::string_view name, LabelNames labels, std::string_view help) {
    return {name, MetricType::gauge, labels, nullptr, help};
}
consteval MetricDefinition histogram(std::string_view name, LabelNames labels, const BucketSet& buckets,
                                     std::string_view help) {
    return {name, MetricType::histogram, labels, &buckets, help};
}

/// The labels that many metrics share.
namespace by {
inline constexpr LabelNames nothing{};
inline constexpr LabelNames route{"route"};
inline constexpr LabelNames model{"route", "provider", "model"};
inline constexpr LabelNames result{"route", "provider", "model", "outcome"};
inline constexpr LabelNames quota{"route", "provider", "resource"};
inline constexpr LabelNames genai{"gen_ai_operation_name", "gen_ai_provider_name", "gen_ai_request_model"};
inline constexpr LabelNames genai_error{"gen_ai_operation_name", "gen_ai_provider_name", "gen_ai_request_model",
                                        "error_type"};
inline constexpr LabelNames genai_modality{"gen_ai_operation_name", "gen_ai_provider_name", "gen_ai_request_model",
                                           "gen_ai_token_modality"};
}  // namespace by

inline constexpr auto catalogue = std::to_array<MetricDefinition>({
    // Generation calls, by the OpenTelemetry GenAI conventions v1.41
    histogram("gen_ai_client_operation_duration_seconds", by::genai_error, duration_buckets,
              "Duration of generation calls; error_type is absent unless the call failed."),
    histogram("gen_ai_client_operation_time_to_first_chunk_seconds", by::genai, duration_buckets,
              "Streamed generation calls: request head to the first event with model output of any kind."),
    histogram("gen_ai_client_operation_time_per_output_chunk_seconds", by::genai, gap_buckets,
              "Streamed generation calls: each gap between two events with model output."),
    histogram("gen_ai_client_token_usage",
              {"gen_ai_operation_name", "gen_ai_provider_name", "gen_ai_request_model", "gen_ai_token_type"},
              token_buckets,
              "Tokens per generation call as the provider reported them; input includes its cached part, output its "
              "reasoning."),

    // The same by their successor
    histogram("gen_ai_client_inference_duration_seconds", by::genai_error, duration_buckets,
              "Duration of inference calls; error_type is absent unless the call failed."),
    histogram("gen_ai_client_inference_time_to_first_chunk_seconds", by::genai, duration_buckets,
              "Streamed inference calls: request head to the first event with model output of any kind."),
    histogram("gen_ai_client_inference_time_per_output_chunk_seconds", by::genai, gap_buckets,
              "Streamed inference calls: each gap between two events with model output."),
    counter("gen_ai_client_inference_usage_input_tokens_total", by::genai_modality,
            "Input tokens of inference calls, cached ones included."),
    counter("gen_ai_client_inference_usage_output_tokens_total", by::genai_modality,
            "Output tokens of inference calls, reasoning included."),
    counter("gen_ai_client_inference_usage_cache_read_input_tokens_total", by::genai_modality,
            "Input tokens of inference calls that were read from a cache: a part of the input."),
    counter("gen_ai_client_inference_usage_cache_write_input_tokens_total", by::genai_modality,
            "Input tokens of inference calls that were written to a cache: a part of the input."),
    counter("gen_ai_client_inference_usage_reasoning_output_tokens_total", by::genai_modality,
            "Output tokens of inference calls that were reasoning: a part of the output."),
    histogram("gen_ai_client_inference_operation_input_tokens", by::genai_error, token_buckets,
              "Input tokens per inference call, failed ones included; 0 where the provider reported none."),
    histogram("gen_ai_client_inference_operation_output_tokens", by::genai_error, token_buckets,
              "Output tokens per inference call, failed ones included; 0 where the provider reported none."),

    // Calls
    counter("tokenweir_calls_accepted_total", by::nothing, "Requests whose head was read."),
    counter("tokenweir_calls_finished_total", {"outcome"},
            "Calls that ended; accepted = the sum over outcomes + in flight."),
    gauge("tokenweir_calls_in_flight", by::nothing, "Calls that were accepted and have not ended."),
    counter("tokenweir_calls_total", {"route", "operation", "provider", "model", "outcome", "status_class"},
            "Recorded calls; status_class is that of the response the client was sent."),
    histogram("tokenweir_call_duration_seconds", {"route", "provider", "model", "outcome", "status_class"},
              latency_buckets, "Request head to the last byte written, of every call."),
    counter("tokenweir_errors_total", {"route", "operation", "provider", "model", "error_type"},
            "Calls that failed; a client that goes away is not a failure."),
    counter("tokenweir_client_retries_total", by::model,
            "Calls that the client marked as a repetition of an earlier one."),
    counter("tokenweir_client_timeouts_total", by::model,
            "Calls that the client gave up when the time was over that its SDK had announced to wait."),
    histogram("tokenweir_phase_seconds", {"route", "phase"}, phase_buckets,
              "Time that calls spent in each of the disjoint phases they went through."),
    histogram("tokenweir_overhead_seconds", by::nothing, overhead_buckets,
              "Duration minus all phases: the time a call spent inside the proxy and nowhere else."),
    histogram("tokenweir_request_body_bytes", by::route, size_buckets, "Size of request bodies on the wire."),
    histogram("tokenweir_response_body_bytes", by::route, size_buckets, "Size of response bodies on the wire."),

    // Generation
    histogram("tokenweir_time_to_first_byte_seconds",
              {"route", "provider", "model", "streamed", "outcome", "status_class"}, latency_buckets,
              "Generation calls: request head to the first response body byte from the upstream."),
    histogram("tokenweir_time_to_first_token_seconds", by::result, latency_buckets,
              "Streamed generation calls: request head to the first event with model output of any kind."),
    histogram("tokenweir_time_to_first_answer_seconds", by::result, latency_buckets,
              "Streamed generation calls: request head to the first visible answer text or tool call, reasoning "
              "excluded."),
    histogram("tokenweir_inter_token_seconds", by::result, gap_buckets,
              "Streamed generation calls: each gap between two events with model output."),
    counter("tokenweir_stalls_total", by::model,
            "Gaps between two events with model output that passed the stall threshold."),
    counter("tokenweir_no_first_token_total", {"route", "provider", "model", "reason"},
            "Generation calls that asked for a stream and got no model output."),
    counter("tokenweir_tokens_total", {"route", "provider", "model", "kind", "source"},
            "Tokens of generation calls. Kinds do not overlap: their sum is the true total."),
    counter("tokenweir_usage_missing_total", by::model,
            "Generation calls with model output whose tokens the wire did not report."),
    counter("tokenweir_cost_usd_total", by::model,
            "US dollars that generation calls cost, from the price catalogue or as the provider said."),
    counter("tokenweir_cost_source_total", {"provider", "model", "source"},
            "Generation calls with something to bill, by where their cost came from, or why they have none."),
    counter("tokenweir_finish_reasons_total", {"route", "provider", "model", "reason"},
            "Why the model stopped, once per choice, in words that are the same for all providers."),
    counter("tokenweir_context_exceeded_total", by::model,
            "Generation calls that did not fit into the model's context window, where the provider says so."),
    counter("tokenweir_tool_calls_total", by::model, "Tool calls that the model emitted for the client to run."),
    counter("tokenweir_server_tool_calls_total", by::model, "Tool calls that the provider ran itself."),
    counter("tokenweir_model_substituted_total", {"route", "provider", "model", "response_model"},
            "Generation calls answered by another model than the one asked for; an alias and its dated version are "
            "the same."),
    counter("tokenweir_calls_attributed_total", {"route", "by"},
            "Generation calls that name their conversation, end user, tags or trace, each way counted apart."),

    // What providers say is left
    gauge("tokenweir_quota_limit", by::quota, "The provider's rate limit, as it said last."),
    gauge("tokenweir_quota_remaining", by::quota, "What was left of the rate limit, as the provider said last."),
    gauge("tokenweir_quota_reset_seconds", by::quota,
          "Time from now until the rate limit is whole again, as the provider said last."),
    gauge("tokenweir_quota_exhaustion_seconds", by::quota,
          "Time from now until nothing is left of the rate limit if it goes on shrinking as it did; absent if it does "
          "not."),

    // What is thought of answers
    counter("tokenweir_evaluations_total", {"route", "provider", "model", "name", "label", "source"},
            "What was said of answers, by what was judged and by label; source is feedback or implicit."),
    counter("tokenweir_evaluation_scores_total", {"route", "provider", "model", "name"},
            "Scores that were given to answers."),
    gauge("tokenweir_evaluation_score_sum", {"route", "provider", "model", "name"},
          "Sum of those scores. Scores may be negative, so it may fall: an average is its delta by the increase of the "
          "count."),
    counter("tokenweir_feedback_requests_total", {"result"},
            "Feedback that apps sent: recorded, held for a call that has not ended, or why it was turned away."),
    gauge("tokenweir_feedback_held", by::nothing, "Evaluations that wait for their call to end."),
    gauge("tokenweir_feedback_index_calls", by::nothing,
          "Finished calls that feedback can name by their ids; see feedback.index_bytes."),
    gauge("tokenweir_feedback_index_age_seconds", by::nothing,
          "Time since the oldest of them ended: how late feedback may come."),

    // The proxy's health
    counter("tokenweir_probes_total", by::nothing, "Probes of / that were answered; they are not calls."),
    gauge("tokenweir_client_connections", by::nothing, "Open client connections."),
    counter("tokenweir_client_connections_accepted_total", by::nothing, "Client connections accepted."),
    counter("tokenweir_client_connections_refused_total", by::nothing,
            "Client connections turned away because the limit was reached."),
    counter("tokenweir_admin_connections_refused_total", {"port"},
            "Connections turned away from the admin port, or from the one behind feedback.path, at their limits."),
    gauge("tokenweir_upstream_connections", {"state"}, "Open upstream connections, in use or idle in a pool."),
    counter("tokenweir_upstream_connections_opened_total", by::nothing, "Upstream connections opened."),
    counter("tokenweir_upstream_connections_reused_total", by::nothing,
            "Times a pooled connection served another call."),
    counter("tokenweir_upstream_retries_total", by::nothing,
            "Requests sent again on a fresh connection because the pooled one was stale."),
    counter("tokenweir_client_bytes_total", {"direction"}, "Bytes exchanged with clients."),
    counter("tokenweir_upstream_bytes_total", {"direction"}, "Bytes exchanged with upstreams."),
    counter("tokenweir_backpressure_pauses_total", by::nothing,
            "Times one side was not read because the other one was full."),

    // The observation's health
    counter("tokenweir_observer_bypassed_total", {"reason"},
            "Calls whose bodies were not read to the end by the observer; their bytes passed all the same."),
    counter("tokenweir_content_truncated_total", {"route", "reason"},
            "Calls whose recorded content is not whole: a text was cut, or something is left out."),
    counter("tokenweir_label_overflow_total", {"label"},
            "Calls counted under other because a label, or their combinations, had reached the limit."),
    gauge("tokenweir_label_combinations", by::nothing,
          "Combinations of label values that calls have brought; see labels.max_combinations."),
    counter("tokenweir_sink_records_written_total", {"sink"}, "Records that a sink has delivered."),
    counter("tokenweir_sink_records_dropped_total", {"sink", "reason"}, "Records that a sink gave up."),
    gauge("tokenweir_sink_records_queued", {"sink"},
          "Records waiting in a sink; finished + restored = written + dropped + declined + queued."),
    counter("tokenweir_sink_records_declined_total", {"sink", "reason"}, "Records that were not meant for a sink."),
    counter("tokenweir_sink_records_restored_total", {"sink"},
            "Records that an earlier process had left on disk for a sink."),
    counter("tokenweir_sink_rotations_total", {"sink", "result"},
            "Times a sink went on in a new file, or could not: by size, by time or on request."),
    counter("tokenweir_metric_pushes_total", {"result"},
            "Times all metrics were sent by OTLP: delivered, or why not all of them were."),

    gauge("tokenweir_price_catalogue_models", {"origin"}, "Models that the price catalogue knows."),
    gauge("tokenweir_price_catalogue_as_of_timestamp_seconds", {"origin"},
          "Date of the catalogue's prices, in seconds since 1970."),

    // The process
    gauge("tokenweir_build_info", {"version"}, "Always 1; the version is in the label."),
    counter("tokenweir_config_reloads_total", {"result"}, "Reloads of the configuration: success or failure."),
    gauge("tokenweir_config_last_reload_successful", by::nothing,
          "1, or 0 if the configuration was refused when it was last loaded; the one before is in force then."),
    gauge("tokenweir_config_last_reload_success_timestamp_seconds", by::nothing,
          "When the configuration in force was loaded, in seconds since 1970."),
    counter("process_cpu_seconds_total", by::nothing, "User and system CPU time."),
    gauge("process_resident_memory_bytes", by::nothing, "Resident memory."),
    gauge("process_virtual_memory_bytes", by::nothing, "Virtual memory."),
    gauge("process_open_fds", by::nothing, "Open file descriptors."),
    gauge("process_max_fds", by::nothing, "Limit of open file descriptors."),
    gauge("process_threads", by::nothing, "Threads of the process."),
    gauge("process_start_time_seconds", by::nothing, "Start of the process, in seconds since 1970."),
});

/// The definition of that name; a name that the table does not have fails to compile.
consteval const MetricDefinition& metric(std::string_view name) {
    for (const MetricDefinition& definition : catalogue)
        if (definition.name == name) return definition;
    throw "not in the catalogue";
}

}  // namespace tokenweir::metrics
