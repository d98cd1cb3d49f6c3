#include "metrics/call_metrics.hpp"

#include <doctest/doctest.h>
#include <prometheus/metric_family.h>

#include <string>
#include <thread>
#include <vector>

#include "metrics/call_series.hpp"
#include "tests/metrics/allocation_probe.hpp"
#include "tests/metrics/calls.hpp"
#include "tests/metrics/collected.hpp"

namespace tokenweir::metrics {
namespace {

FinishedCall call_of_model(const std::string& model) {
    LlmCall call = test::streamed_chat();
    call.request_model = model;
    return test::finished(std::move(call));
}

SinkStatistics account(std::uint64_t written, std::uint64_t queue_full, std::uint64_t queued) {
    return {"metrics", written, {{"queue_full", queue_full}, {"out_of_memory", 0}}, queued};
}

/// Distinct values of a label over all families.
std::size_t distinct(const CallMetrics& metrics, const std::string& label) {
    std::map<std::string, int> values;
    for (const auto& family : metrics.Collect())
        for (const auto& metric : family.metric)
            for (const auto& its : metric.label)
                if (its.name == label) ++values[its.value];
    return values.size();
}

TEST_SUITE("call_metrics") {
    TEST_CASE("a scrape shows every call that was consumed before it") {
        CallMetrics metrics;
        for (int i = 1; i <= 20; ++i) {
            metrics.consume(call_of_model("model-" + std::to_string(i)));
            CHECK(test::total(metrics, "tokenweir_calls_total") == i);
        }
        CHECK(metrics.statistics() == account(20, 0, 0));
    }

    TEST_CASE("a label set that exists is counted without an allocation") {
        CallMetrics metrics;
        const FinishedCall call = call_of_model("gpt-5-mini");
        metrics.consume(call);
        metrics.Collect();
        metrics.consume(call);  // the thread's own buffer for gaps is allocated once
        const auto before = test::allocations();
        for (int i = 0; i < 100; ++i) metrics.consume(call);
        CHECK(test::allocations() == before);
        CHECK(metrics.statistics() == account(102, 0, 0));
        CHECK(test::total(metrics, "tokenweir_calls_total") == 102);
    }

    TEST_CASE("a known label set whose call brings something new is counted once, in full") {
        CallMetrics metrics;
        LlmCall call = test::streamed_chat();
        call.gaps = {};
        metrics.consume(test::finished(call));
        metrics.Collect();
        metrics.consume(test::finished(test::streamed_chat()));  // the first one with gaps and a stall
        CHECK(test::total(metrics, "tokenweir_calls_total") == 2);
        CHECK(test::total(metrics, "tokenweir_stalls_total") == 1);
        CHECK(test::total(metrics, "gen_ai_client_operation_time_per_output_chunk_seconds") == 2);
    }

    TEST_CASE("labels are left out where the call has nothing to say") {
        CallMetrics metrics;
        LlmCall call;
        call.outcome = Outcome::rejected;
        call.error_type = "_OTHER";
        metrics.consume(test::finished(call));
        CHECK(test::samples(metrics, "tokenweir_calls_total") ==
              std::map<test::LabelValues, double>{{{{"outcome", "rejected"}}, 1}});
        CHECK(test::samples(metrics, "tokenweir_errors_total") ==
              std::map<test::LabelValues, double>{{{{"error_type", "_OTHER"}}, 1}});
    }

    TEST_CASE("models fill their budget exactly, and what does not fit is counted under other") {
        CallMetrics metrics({.labels = {.max_models = 3}});
        for (const char* model : {"a", "b", "c"}) metrics.consume(call_of_model(model));
        CHECK(test::samples(metrics, "tokenweir_label_overflow_total").at({{"label", "model"}}) == 0);
        metrics.consume(call_of_model("d"));
        metrics.consume(call_of_model("e"));
        metrics.consume(call_of_model("a"));
        CHECK(test::samples(metrics, "tokenweir_label_overflow_total").at({{"label", "model"}}) == 2);
        const auto by_model = test::samples(metrics, "tokenweir_stalls_total");
        const auto stalls = [&](const char* model) {
            return by_model.at({{"route", "openai"}, {"provider", "openai"}, {"model", model}});
        };
        CHECK(by_model.size() == 4);
        CHECK(stalls("a") == 2);
        CHECK(stalls("other") == 2);
    }

    TEST_CASE("beyond the limit of combinations, models and tags are other, and no call is lost") {
        CallMetrics metrics({.labels = {.max_combinations = 2, .tags = {"team"}}});
        const auto consume = [&](const char* model, const char* team) {
            LlmCall call = test::streamed_chat();
            call.request_model = model;
            call.tags = {{"team", team}};
            metrics.consume(test::finished(call));
            metrics.Collect();
        };
        const auto combinations = [&] { return test::total(metrics, "tokenweir_label_combinations"); };
        const auto overflow = [&](const char* label) {
            return test::samples(metrics, "tokenweir_label_overflow_total").at({{"label", label}});
        };
        consume("a", "x");
        consume("a", "y");
        CHECK(overflow("combination") == 0);
        CHECK(combinations() == 2);
        consume("b", "x");
        consume("b", "y");
        consume("a", "x");
        CHECK(overflow("combination") == 2);
        CHECK(overflow("model") == 0);
        CHECK(combinations() == 3);
        const auto stalls = test::samples(metrics, "tokenweir_stalls_total");
        const auto of = [&](const char* model, const char* team) {
            return stalls.at({{"route", "openai"}, {"provider", "openai"}, {"model", model}, {"tag_team", team}});
        };
        CHECK(stalls.size() == 3);
        CHECK(of("a", "x") == 2);
        CHECK(of("a", "y") == 1);
        CHECK(of("other", "other") == 2);
    }

    TEST_CASE("a tag that is a label stands beside every model, and nowhere else") {
        CallMetrics metrics({.labels = {.max_tag_values = 1, .tags = {"team", "app.id"}}});
        LlmCall call = test::streamed_chat();
        call.tags = {{"app.id", "7"}, {"secret", "s"}};
        metrics.consume(test::finished(call));
        call.tags = {{"app.id", "8"}};
        metrics.consume(test::finished(call));
        for (const auto& family : metrics.Collect())
            for (const auto& metric : family.metric) {
                CAPTURE(family.name);
                test::LabelValues labels;
                for (const auto& label : metric.label) labels[label.name] = label.value;
                CHECK(labels.contains("tag_app_id") == labels.contains("model"));
                CHECK_FALSE(labels.contains("tag_team"));  // absent where the call has none
            }
        CHECK(test::samples(metrics, "tokenweir_label_overflow_total").at({{"label", "tag_app_id"}}) == 1);
        CHECK(test::samples(metrics, "tokenweir_label_overflow_total").at({{"label", "tag_team"}}) == 0);
    }

    TEST_CASE("a substituted model is told, within the budget of models") {
        CallMetrics metrics({.labels = {.max_models = 2}});
        LlmCall call = test::streamed_chat();
        for (const char* answered : {"", "gpt-5-mini", "gpt-5-mini-2025-08-07", "gpt-5-nano", "gpt-4", "gpt-5-nano"}) {
            call.response_model = answered;
            metrics.consume(test::finished(call));
        }
        call.provider = "azure.ai.openai";  // the name of a deployment is not that of a model
        metrics.consume(test::finished(call));
        const auto by_model = test::samples(metrics, "tokenweir_model_substituted_total");
        const auto of = [&](const char* answered) {
            return by_model.at(
                {{"route", "openai"}, {"provider", "openai"}, {"model", "gpt-5-mini"}, {"response_model", answered}});
        };
        CHECK(by_model.size() == 2);
        CHECK(of("gpt-5-nano") == 2);
        CHECK(of("other") == 1);
        CHECK(test::samples(metrics, "tokenweir_label_overflow_total").at({{"label", "response_model"}}) == 1);
    }

    TEST_CASE("a provider's quotas are shown as it told them last") {
        CallMetrics metrics;
        LlmCall call = test::streamed_chat();
        call.timings.started = std::chrono::steady_clock::now() - std::chrono::seconds(2);
        call.timings.first_byte = call.timings.started + std::chrono::seconds(1);
        call.timings.ended = call.timings.started + std::chrono::seconds(2);
        call.quotas.requests = {100, 99, {}};
        metrics.consume(test::finished(call));  // through the queue
        call.timings.first_byte = call.timings.ended;
        call.quotas.requests = {100, 98, {}};
        call.quotas.tokens = {{}, 0, 3600};
        metrics.consume(test::finished(call));  // and past it
        metrics.consume(test::finished(test::streamed_chat()));
        const auto labels = [](const char* resource) {
            return test::LabelValues{{"route", "openai"}, {"provider", "openai"}, {"resource", resource}};
        };
        using Samples = std::map<test::LabelValues, double>;
        CHECK(test::samples(metrics, "tokenweir_quota_limit") == Samples{{labels("requests"), 100}});
        CHECK(test::samples(metrics, "tokenweir_quota_remaining") ==
              Samples{{labels("requests"), 98}, {labels("tokens"), 0}});
        CHECK(test::samples(metrics, "tokenweir_quota_exhaustion_seconds") == Samples{{labels("tokens"), 0}});
        CHECK(test::samples(metrics, "tokenweir_quota_reset_seconds").at(labels("tokens")) ==
              doctest::Approx(3600).epsilon(0.01));
    }

    TEST_CASE("streams that bring something make the counter of those that do not begin at 0") {
        CallMetrics metrics;
        metrics.consume(test::finished(test::streamed_chat()));
        CHECK(test::samples(metrics, "tokenweir_no_first_token_total").size() == 4);
        CHECK(test::total(metrics, "tokenweir_no_first_token_total") == 0);
    }

    TEST_CASE("histograms have the bounds that are configured, gaps keep their own") {
        CallMetrics metrics({.buckets = {.latency = {1, 2.5}}});
        metrics.consume(test::finished(test::streamed_chat()));
        for (const auto& family : metrics.Collect()) {
            if (family.type != prometheus::MetricType::Histogram) continue;
            CAPTURE(family.name);
            std::vector<double> bounds;
            for (const auto& bucket : family.metric.at(0).histogram.bucket) bounds.push_back(bucket.upper_bound);
            bounds.pop_back();  // +Inf
            if (family.name == "tokenweir_call_duration_seconds") CHECK(bounds == std::vector<double>{1, 2.5});
            if (family.name == "tokenweir_inter_token_seconds")
                CHECK(bounds == std::vector<double>{gap_bounds.begin(), gap_bounds.end()});
        }
    }

    TEST_CASE("a sampled call exemplifies every series that it feeds, in its own bucket") {
        CallMetrics metrics;
        LlmCall call = test::streamed_chat();
        call.timings.started_at = WallTime(std::chrono::seconds(1'700'000'000));
        metrics.consume(test::finished(call));
        call.trace = {.trace_id = {1}, .span_id = {2}, .parent_span_id = {}, .sampled = false};
        metrics.consume(test::finished(call));
        const auto families = metrics.Collect();
        const auto count = [&] {
            std::size_t found = 0;
            for (const auto& family : families)
                for (const auto& metric : family.metric)
                    if (const ExemplarSlot* slots = metrics.exemplars(family.name, metric.label))
                        for (std::size_t i = 0; i < std::max<std::size_t>(metric.histogram.bucket.size(), 1); ++i)
                            if (const auto exemplar = slots[i].read()) {
                                ++found;
                                CHECK(exemplar->trace_id == TraceId{1});
                                CHECK(exemplar->span_id == SpanId{2});
                                CHECK(exemplar->time == 1'700'000'001.5);
                                if (family.type != prometheus::MetricType::Histogram) continue;
                                const auto& buckets = metric.histogram.bucket;
                                CHECK(exemplar->value <= buckets[i].upper_bound);
                                if (i > 0) CHECK(exemplar->value > buckets[i - 1].upper_bound);
                                CHECK(buckets[i].cumulative_count > 0);
                            }
            return found;
        };
        CHECK(count() == 0);  // without a trace, or with one that nobody keeps
        call.trace->sampled = true;
        metrics.consume(test::finished(call));
        Measurements numbers;
        measure(call, GenAiDialect::v1_41, numbers);
        std::size_t fed = 0;
        numbers.present.for_each([&](std::size_t) { ++fed; });
        CHECK(count() == fed);
    }

    TEST_CASE("the names of the GenAI conventions are those of the dialect") {
        const auto names = [](GenAiDialect dialect) {
            CallMetrics metrics({.dialect = dialect});
            metrics.consume(test::finished(test::streamed_chat()));
            std::size_t old_ones = 0, new_ones = 0;
            for (const auto& family : metrics.Collect()) {
                if (family.metric.empty() || !family.name.starts_with("gen_ai_")) continue;
                ++(family.name.starts_with("gen_ai_client_inference_") ? new_ones : old_ones);
            }
            return std::pair(old_ones, new_ones);
        };
        CHECK(names(GenAiDialect::v1_41) == std::pair<std::size_t, std::size_t>(4, 0));
        CHECK(names(GenAiDialect::latest) == std::pair<std::size_t, std::size_t>(0, 9));
        CHECK(names(GenAiDialect::both) == std::pair<std::size_t, std::size_t>(4, 9));
    }

    TEST_CASE("a value that is called other did not overflow") {
        CallMetrics metrics;
        metrics.consume(call_of_model("other"));
        CHECK(test::total(metrics, "tokenweir_label_overflow_total") == 0);
        CHECK(test::samples(metrics, "tokenweir_stalls_total")
                  .at({{"route", "openai"}, {"provider", "openai"}, {"model", "other"}}) == 1);
    }

    TEST_CASE("a hundred thousand model names leave the scrape as small as the budget, and lose no call") {
        CallMetrics metrics;
        for (int i = 0; i < 100'000; ++i) {
            metrics.consume(call_of_model("name-" + std::to_string(i)));
            if (i % 1000 == 0) metrics.Collect();  // so that the queue of new label sets is never full
        }
        CHECK(distinct(metrics, "model") == 201);
        CHECK(distinct(metrics, "gen_ai_request_model") == 201);
        CHECK(test::total(metrics, "tokenweir_calls_total") == 100'000);
        CHECK(test::samples(metrics, "tokenweir_label_overflow_total").at({{"label", "model"}}) == 99'800);
    }

    TEST_CASE("what fits into the queue waits for the metrics thread, the rest is dropped and counted") {
        const FinishedCall call = call_of_model("new");
        CallMetrics metrics({.labels = {}, .max_queue_bytes = 3 * memory_of(*call)});
        metrics.consume(call_of_model("known"));
        metrics.Collect();
        test::AllocationGate gate;
        std::thread scrape([&] {
            gate.hold_at(2);  // inside the first family, where every new label set has something to add
            metrics.Collect();
            gate.leave();
        });
        REQUIRE(gate.wait_until_held());
        for (int i = 0; i < 3; ++i) metrics.consume(call);
        CHECK(metrics.statistics() == account(1, 0, 3));
        for (int i = 0; i < 7; ++i) metrics.consume(call);
        CHECK(metrics.statistics() == account(1, 7, 3));
        gate.open();
        scrape.join();
        CHECK(test::total(metrics, "tokenweir_calls_total") == 4);
        CHECK(metrics.statistics() == account(4, 7, 0));
    }

    TEST_CASE("a call with a new label set passes while a scrape is held up anywhere") {
        for (std::size_t n = 1; n < 400; n += 7) {
            CAPTURE(n);
            CallMetrics metrics;
            metrics.consume(call_of_model("known"));
            metrics.Collect();
            test::AllocationGate gate;
            std::thread scrape([&] {
                gate.hold_at(n);
                metrics.Collect();
                gate.leave();
            });
            gate.wait_until_held();
            metrics.consume(call_of_model("new"));  // would wait for ever
            gate.open();
            scrape.join();
            CHECK(test::total(metrics, "tokenweir_calls_total") == 2);
        }
    }

    TEST_CASE("totals are exact when many threads count while others scrape") {
        CallMetrics metrics({.labels = {}, .max_queue_bytes = std::size_t{64} << 20});  // room for all of them at once
        constexpr int threads = 4, rounds = 2000, models = 17;
        std::vector<FinishedCall> calls;
        for (int i = 0; i < models; ++i) calls.push_back(call_of_model("model-" + std::to_string(i)));
        {
            std::vector<std::jthread> workers;
            for (int t = 0; t < threads; ++t)
                workers.emplace_back([&, t] {
                    for (int i = 0; i < rounds; ++i)
                        metrics.consume(calls[static_cast<std::size_t>(i * (t + 1) % models)]);
                });
            workers.emplace_back([&] {
                for (int i = 0; i < 20; ++i) metrics.Collect();
            });
        }
        constexpr double all = threads * rounds;
        CHECK(test::total(metrics, "tokenweir_calls_total") == all);
        CHECK(test::total(metrics, "tokenweir_tokens_total") == all * 120);
        CHECK(test::total(metrics, "gen_ai_client_operation_time_per_output_chunk_seconds") == all * 2);
        CHECK(test::total(metrics, "tokenweir_phase_seconds") == all * 2);
        CHECK(metrics.statistics() == account(threads * rounds, 0, 0));
    }
}

}  // namespace
}  // namespace tokenweir::metrics
