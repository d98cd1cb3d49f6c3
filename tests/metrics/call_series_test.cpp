#include "metrics/call_series.hpp"

#include <doctest/doctest.h>

#include <map>
#include <string>

#include "metrics/finish_reason.hpp"
#include "tests/metrics/calls.hpp"

namespace tokenweir::metrics {
namespace {

using Numbers = std::map<std::string, double>;

/// By metric name, and the label that the series decides.
Numbers numbers_of(const LlmCall& call, GenAiDialect dialect = GenAiDialect::v1_41) {
    Measurements measured;
    measure(call, dialect, measured);
    Numbers numbers;
    measured.present.for_each([&](std::size_t i) {
        std::string name(call_series[i].metric->name);
        if (!call_series[i].fixed_value.empty()) name.append(1, '/').append(call_series[i].fixed_value);
        numbers[name] = measured.values[i];
    });
    return numbers;
}

Numbers only(std::string_view prefix, const Numbers& numbers) {
    Numbers found;
    for (const auto& [name, value] : numbers)
        if (name.starts_with(prefix)) found[name] = value;
    return found;
}

TEST_SUITE("call_series") {
    TEST_CASE("a streamed chat feeds every clock and every kind of token once") {
        CHECK(numbers_of(test::streamed_chat()) ==
              Numbers{{"tokenweir_calls_total", 1},
                      {"tokenweir_call_duration_seconds", 1.5},
                      {"tokenweir_phase_seconds/upstream_wait", 0.125},
                      {"tokenweir_phase_seconds/generation", 1.3125},
                      {"tokenweir_overhead_seconds", 0.0625},
                      {"tokenweir_request_body_bytes", 512},
                      {"tokenweir_response_body_bytes", 2048},
                      {"tokenweir_time_to_first_byte_seconds", 0.125},
                      {"tokenweir_time_to_first_token_seconds", 0.25},
                      {"tokenweir_time_to_first_answer_seconds", 0.5},
                      {"tokenweir_inter_token_seconds", 0},
                      {"tokenweir_stalls_total", 1},
                      {"tokenweir_finish_reasons_total/stop", 1},
                      {"tokenweir_tokens_total/uncached_input", 60},
                      {"tokenweir_tokens_total/cache_read", 40},
                      {"tokenweir_tokens_total/output", 15},
                      {"tokenweir_tokens_total/reasoning", 5},
                      {"gen_ai_client_operation_duration_seconds", 1.5},
                      {"gen_ai_client_operation_time_to_first_chunk_seconds", 0.25},
                      {"gen_ai_client_operation_time_per_output_chunk_seconds", 0},
                      {"gen_ai_client_token_usage/input", 100},
                      {"gen_ai_client_token_usage/output", 20}});
    }

    TEST_CASE("a call that generates nothing stays out of the generation metrics") {
        LlmCall call = test::streamed_chat();
        call.generation = false;
        CHECK(numbers_of(call) == Numbers{{"tokenweir_calls_total", 1},
                                          {"tokenweir_call_duration_seconds", 1.5},
                                          {"tokenweir_phase_seconds/upstream_wait", 0.125},
                                          {"tokenweir_phase_seconds/generation", 1.3125},
                                          {"tokenweir_overhead_seconds", 0.0625},
                                          {"tokenweir_request_body_bytes", 512},
                                          {"tokenweir_response_body_bytes", 2048}});
    }

    TEST_CASE("the kinds of token always add up to the totals") {
        struct Row {
            const char* name;
            TokenUsage usage;
            Numbers expected;
        };
        const auto reported = UsageSource::reported;
        const Row rows[] = {
            {"no parts", {100, 20, {}, {}, {}, reported}, {{"uncached_input", 100}, {"output", 20}}},
            {"all parts",
             {100, 20, 30, 50, 5, reported},
             {{"uncached_input", 20}, {"cache_read", 30}, {"cache_creation", 50}, {"output", 15}, {"reasoning", 5}}},
            {"nothing uncached",
             {100, 20, 100, {}, {}, reported},
             {{"uncached_input", 0}, {"cache_read", 100}, {"output", 20}}},
            {"parts of zero", {100, 20, 0, 0, 0, reported}, {{"uncached_input", 100}, {"output", 20}}},
            {"parts beyond the total",
             {100, 20, 80, 80, 30, reported},
             {{"uncached_input", 0}, {"cache_read", 80}, {"cache_creation", 20}, {"output", 0}, {"reasoning", 20}}},
            {"input alone", {100, {}, {}, {}, {}, reported}, {{"uncached_input", 100}}},
            {"a part without a total", {{}, 20, 40, {}, {}, reported}, {{"output", 20}}},
            {"nothing", {}, {}},
        };
        for (const Row& row : rows) {
            CAPTURE(row.name);
            LlmCall call = test::streamed_chat();
            call.usage = row.usage;
            Numbers expected;
            for (const auto& [kind, count] : row.expected) expected["tokenweir_tokens_total/" + kind] = count;
            CHECK(only("tokenweir_tokens_total", numbers_of(call)) == expected);
        }
    }

    TEST_CASE("a cost is counted in dollars, and by where it came from") {
        struct Row {
            std::optional<double> cost;
            std::optional<CostSource> source;
            Numbers expected;
        };
        const Row rows[] = {
            {0.25,
             CostSource::catalogue,
             {{"tokenweir_cost_usd_total", 0.25}, {"tokenweir_cost_source_total/catalogue", 1}}},
            {0.0, CostSource::provider, {{"tokenweir_cost_usd_total", 0}, {"tokenweir_cost_source_total/provider", 1}}},
            {{}, CostSource::unpriced, {{"tokenweir_cost_source_total/unpriced", 1}}},
            {{}, CostSource::no_model, {{"tokenweir_cost_source_total/no_model", 1}}},
            {{}, {}, {}},
        };
        for (const Row& row : rows) {
            LlmCall call = test::streamed_chat();
            call.cost = row.cost;
            call.cost_source = row.source;
            CHECK(only("tokenweir_cost", numbers_of(call)) == row.expected);
        }
    }

    TEST_CASE("estimated and missing tokens stay out of the provider's own histogram") {
        LlmCall call = test::streamed_chat();
        call.usage.source = UsageSource::estimated;
        CHECK(only("gen_ai_client_token_usage", numbers_of(call)).empty());
        CHECK(only("tokenweir_usage_missing", numbers_of(call)).empty());
        call.usage = {};
        CHECK(only("gen_ai_client_token_usage", numbers_of(call)).empty());
        CHECK(numbers_of(call).at("tokenweir_usage_missing_total") == 1);
    }

    TEST_CASE("a stream without model output is counted by why") {
        const std::pair<Outcome, const char*> rows[] = {
            {Outcome::ok, "no_output"},
            {Outcome::rate_limited, "error"},
            {Outcome::stream_error, "error"},
            {Outcome::truncated, "error"},
            {Outcome::connect_error, "error"},
            {Outcome::timeout, "timeout"},
            {Outcome::cancelled_before_first_token, "cancelled"},
        };
        for (const auto& [outcome, reason] : rows) {
            CAPTURE(name_of(outcome));
            LlmCall call = test::streamed_chat();
            call.outcome = outcome;
            call.timings.first_token.reset();
            CHECK(only("tokenweir_no_first_token", numbers_of(call)) ==
                  Numbers{{"tokenweir_no_first_token_total/" + std::string(reason), 1}});
            call.response_streamed = false;  // refused before it could stream; a whole body under a 200 missed nothing
            CHECK(only("tokenweir_no_first_token", numbers_of(call)).size() == (outcome == Outcome::ok ? 0 : 1));
            call.settings.stream.reset();
            CHECK(only("tokenweir_no_first_token", numbers_of(call)).empty());
        }
    }

    TEST_CASE("a refused call has a time to its first byte, and none to a token") {
        LlmCall call = test::streamed_chat();
        call.response_streamed = false;
        call.status = 429;
        call.outcome = Outcome::rate_limited;
        CHECK(only("tokenweir_time_to", numbers_of(call)) == Numbers{{"tokenweir_time_to_first_byte_seconds", 0.125}});
        call.timings.first_byte.reset();
        CHECK(only("tokenweir_time_to", numbers_of(call)).empty());
    }

    TEST_CASE("the successor of the conventions has other names for the same, and counts every inference call") {
        LlmCall call = test::streamed_chat();
        const Numbers latest{{"gen_ai_client_inference_duration_seconds", 1.5},
                             {"gen_ai_client_inference_time_to_first_chunk_seconds", 0.25},
                             {"gen_ai_client_inference_time_per_output_chunk_seconds", 0},
                             {"gen_ai_client_inference_usage_input_tokens_total/unknown", 100},
                             {"gen_ai_client_inference_usage_output_tokens_total/unknown", 20},
                             {"gen_ai_client_inference_usage_cache_read_input_tokens_total/unknown", 40},
                             {"gen_ai_client_inference_usage_reasoning_output_tokens_total/unknown", 5},
                             {"gen_ai_client_inference_operation_input_tokens", 100},
                             {"gen_ai_client_inference_operation_output_tokens", 20}};
        CHECK(only("gen_ai", numbers_of(call, GenAiDialect::latest)) == latest);
        Numbers both = only("gen_ai", numbers_of(call));
        both.insert(latest.begin(), latest.end());
        CHECK(only("gen_ai", numbers_of(call, GenAiDialect::both)) == both);

        LlmCall refused = call;
        refused.response_streamed = false;
        refused.usage = {};
        CHECK(only("gen_ai", numbers_of(refused, GenAiDialect::latest)) ==
              Numbers{{"gen_ai_client_inference_duration_seconds", 1.5},
                      {"gen_ai_client_inference_usage_input_tokens_total/unknown", 0},
                      {"gen_ai_client_inference_usage_output_tokens_total/unknown", 0},
                      {"gen_ai_client_inference_operation_input_tokens", 0},
                      {"gen_ai_client_inference_operation_output_tokens", 0}});
        refused.operation = "embeddings";
        CHECK(only("gen_ai", numbers_of(refused, GenAiDialect::latest)) ==
              Numbers{{"gen_ai_client_operation_duration_seconds", 1.5}});
    }

    TEST_CASE("each choice counts its finish reason, in words of our own") {
        LlmCall call = test::streamed_chat();
        call.finish_reasons = {"end_turn", "MAX_TOKENS", "stop", "SAFETY", "tool_use", "failed", "pause_turn"};
        CHECK(only("tokenweir_finish_reasons_total", numbers_of(call)) ==
              Numbers{{"tokenweir_finish_reasons_total/stop", 2},
                      {"tokenweir_finish_reasons_total/length", 1},
                      {"tokenweir_finish_reasons_total/content_filter", 1},
                      {"tokenweir_finish_reasons_total/tool_calls", 1},
                      {"tokenweir_finish_reasons_total/error", 1},
                      {"tokenweir_finish_reasons_total/other", 1}});
        CHECK(only("tokenweir_context_exceeded", numbers_of(call)).empty());
        call.finish_reasons = {"model_context_window_exceeded"};
        CHECK(only("tokenweir_context_exceeded", numbers_of(call)).size() == 1);
        call.finish_reasons = {};
        call.provider_error_code = "context_length_exceeded";
        CHECK(only("tokenweir_context_exceeded", numbers_of(call)).size() == 1);
    }

    TEST_CASE("a client that leaves when its announced time is over has timed out") {
        struct Row {
            const char* name;
            Outcome outcome;
            std::optional<double> announced;
            std::size_t expected;
        };
        const Row rows[] = {
            // the call takes 1.5 s
            {"at its time", Outcome::cancelled_mid_stream, 1.5, 1},
            {"a little early", Outcome::cancelled_before_first_token, 1.575, 1},
            {"much earlier", Outcome::cancelled_mid_stream, 1.6, 0},
            {"announced nothing", Outcome::cancelled_mid_stream, {}, 0},
            {"announced no limit", Outcome::cancelled_mid_stream, 0., 0},
            {"did not leave", Outcome::ok, 1.5, 0},
        };
        for (const Row& row : rows) {
            CAPTURE(row.name);
            LlmCall call = test::streamed_chat();
            call.outcome = row.outcome;
            call.client_timeout_seconds = row.announced;
            CHECK(only("tokenweir_client_timeouts", numbers_of(call)).size() == row.expected);
        }
    }

    TEST_CASE("a generation call says in up to four ways what it belongs to") {
        LlmCall call = test::streamed_chat();
        const auto attributed = [&] { return only("tokenweir_calls_attributed_total", numbers_of(call)); };
        CHECK(attributed().empty());
        call.trace.emplace();  // a trace that begins here was named by nobody
        CHECK(attributed().empty());
        call.trace->parent_span_id = {1};
        call.conversation_id = "c";
        call.enduser_id = "u";
        call.tags = {{"team", "search"}, {"app", "x"}};
        CHECK(attributed() == Numbers{{"tokenweir_calls_attributed_total/conversation", 1},
                                      {"tokenweir_calls_attributed_total/enduser", 1},
                                      {"tokenweir_calls_attributed_total/tags", 1},
                                      {"tokenweir_calls_attributed_total/trace", 1}});
    }

    TEST_CASE("a call whose recorded content is not whole is counted by what is missing of it") {
        struct Row {
            std::optional<CallContent> content;
            Numbers expected;
        };
        const Row rows[] = {
            {{}, {}},
            {CallContent{}, {}},
            {CallContent{.cut = true}, {{"tokenweir_content_truncated_total/cut", 1}}},
            {CallContent{.omitted = 7}, {{"tokenweir_content_truncated_total/omitted", 1}}},
            {CallContent{.omitted = 7, .cut = true},
             {{"tokenweir_content_truncated_total/cut", 1}, {"tokenweir_content_truncated_total/omitted", 1}}}};
        for (const Row& row : rows) {
            LlmCall call = test::streamed_chat();
            call.content = row.content;
            CHECK(only("tokenweir_content_", numbers_of(call)) == row.expected);
        }
    }

    TEST_CASE("failures are errors, cancellations are not") {
        for (std::size_t i = 0; i < outcome_count; ++i) {
            LlmCall call = test::streamed_chat();
            call.outcome = static_cast<Outcome>(i);
            CAPTURE(outcome_names[i]);
            const bool failed = outcome_names[i] != "ok" && !outcome_names[i].starts_with("cancelled");
            CHECK(only("tokenweir_errors_total", numbers_of(call)).size() == (failed ? 1 : 0));
        }
    }

    TEST_CASE("every phase, finish reason and reason of a bypass has its own series") {
        for (std::size_t i = 0; i < phase_count; ++i) {
            LlmCall call;
            call.timings.add(static_cast<Phase>(i), std::chrono::seconds(2));
            CHECK(only("tokenweir_phase_seconds", numbers_of(call)) ==
                  Numbers{{"tokenweir_phase_seconds/" + std::string(phase_names[i]), 2}});
        }
        for (std::size_t i = 0; i < finish_reason_names.size(); ++i)
            CHECK(call_series[series("tokenweir_finish_reasons_total", "stop") + i].fixed_value ==
                  finish_reason_names[i]);
        for (std::size_t i = 1; i < decoding_names.size(); ++i) {
            LlmCall call;
            call.decoding = static_cast<Decoding>(i);
            CHECK(only("tokenweir_observer_bypassed_total", numbers_of(call)) ==
                  Numbers{{"tokenweir_observer_bypassed_total/" + std::string(decoding_names[i]), 1}});
        }
    }

    TEST_CASE("a client's first attempt is no retry") {
        LlmCall call;
        CHECK(only("tokenweir_client_retries", numbers_of(call)).empty());
        call.client_retry_count = 0;
        CHECK(only("tokenweir_client_retries", numbers_of(call)).empty());
        call.client_retry_count = 2;
        CHECK(numbers_of(call).at("tokenweir_client_retries_total") == 1);
    }
}

}  // namespace
}  // namespace tokenweir::metrics
