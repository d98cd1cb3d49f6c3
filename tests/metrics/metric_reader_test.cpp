#include "metrics/metric_reader.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <limits>
#include <map>

#include "metrics/call_metrics.hpp"
#include "metrics/catalogue.hpp"
#include "metrics/samples.hpp"
#include "tests/metrics/calls.hpp"

namespace tokenweir::metrics {
namespace {

/// One sample of each family of the catalogue.
struct WholeCatalogue final : prometheus::Collectable {
    std::vector<prometheus::MetricFamily> Collect() const override {
        std::vector<prometheus::MetricFamily> families;
        for (const MetricDefinition& definition : catalogue) {
            families.push_back(family_of(definition));
            prometheus::ClientMetric sample;
            for (const std::string_view label : definition.labels()) sample.label.push_back({std::string(label), "v"});
            if (definition.type == MetricType::histogram) {
                sample.histogram.bucket.resize(2);
                sample.histogram.bucket[1].upper_bound = std::numeric_limits<double>::infinity();
            }
            families.back().metric.push_back(sample);
        }
        return families;
    }
};

const Metric& find(const std::vector<Metric>& metrics, std::string_view name) {
    const auto found = std::ranges::find(metrics, name, &Metric::name);
    REQUIRE(found != metrics.end());
    return *found;
}

TEST_SUITE("metric_reader") {
    TEST_CASE("what OpenTelemetry has a name for has that one, and its unit") {
        const WholeCatalogue all;
        const CallMetrics calls;
        std::map<std::string, std::string> units;
        for (const Metric& metric : MetricReader({&all}, calls).read())
            if (metric.name.find('.') != std::string::npos) units[metric.name] = metric.unit;
        CHECK(units ==
              std::map<std::string, std::string>{{"gen_ai.client.operation.duration", "s"},
                                                 {"gen_ai.client.operation.time_to_first_chunk", "s"},
                                                 {"gen_ai.client.operation.time_per_output_chunk", "s"},
                                                 {"gen_ai.client.token.usage", "{token}"},
                                                 {"gen_ai.client.inference.duration", "s"},
                                                 {"gen_ai.client.inference.time_to_first_chunk", "s"},
                                                 {"gen_ai.client.inference.time_per_output_chunk", "s"},
                                                 {"gen_ai.client.inference.usage.input_tokens", "{token}"},
                                                 {"gen_ai.client.inference.usage.output_tokens", "{token}"},
                                                 {"gen_ai.client.inference.usage.cache_read.input_tokens", "{token}"},
                                                 {"gen_ai.client.inference.usage.cache_write.input_tokens", "{token}"},
                                                 {"gen_ai.client.inference.usage.reasoning.output_tokens", "{token}"},
                                                 {"gen_ai.client.inference.operation.input_tokens", "{token}"},
                                                 {"gen_ai.client.inference.operation.output_tokens", "{token}"}});
    }

    TEST_CASE("everything else is called as in /metrics") {
        const WholeCatalogue all;
        const CallMetrics calls;
        const auto metrics = MetricReader({&all}, calls).read();
        CHECK(metrics.size() == catalogue.size());
        CHECK(find(metrics, "tokenweir_calls_total").kind == Metric::Kind::sum);
        CHECK(find(metrics, "tokenweir_calls_in_flight").kind == Metric::Kind::gauge);
        CHECK(find(metrics, "process_cpu_seconds_total").unit == "s");
        CHECK(find(metrics, "tokenweir_client_bytes_total").unit == "By");
        CHECK(find(metrics, "tokenweir_stalls_total").points[0].attributes ==
              std::vector<std::pair<std::string, std::string>>{{"route", "v"}, {"provider", "v"}, {"model", "v"}});
    }

    TEST_CASE("a histogram's buckets are counted each by itself, with the exemplar that fell into it") {
        CallMetrics calls;
        LlmCall call = test::streamed_chat();
        call.trace = {.trace_id = {0x4b, 0xf9}, .span_id = {0xf0}, .parent_span_id = {}, .sampled = true};
        call.timings.started_at = WallTime(std::chrono::seconds(1'700'000'000));
        calls.consume(test::finished(call));
        calls.consume(test::finished(test::streamed_chat()));
        const auto metrics = MetricReader({&calls}, calls).read();
        const Metric& duration = find(metrics, "gen_ai.client.operation.duration");
        const double seconds = Seconds(call.timings.duration()).count();
        CHECK(duration.kind == Metric::Kind::histogram);
        CHECK(duration.bounds == std::vector<double>(bounds::duration.begin(), bounds::duration.end()));
        REQUIRE(duration.points.size() == 1);
        const MetricPoint& point = duration.points[0];
        CHECK(point.attributes ==
              std::vector<std::pair<std::string, std::string>>{{"gen_ai.operation.name", "chat"},
                                                               {"gen_ai.provider.name", "openai"},
                                                               {"gen_ai.request.model", "gpt-5-mini"}});
        CHECK(point.value == doctest::Approx(2 * seconds));
        std::vector<std::uint64_t> counts(duration.bounds.size() + 1);
        counts[static_cast<std::size_t>(std::ranges::lower_bound(duration.bounds, seconds) - duration.bounds.begin())] =
            2;
        CHECK(point.bucket_counts == counts);
        REQUIRE(point.exemplars.size() == 1);
        CHECK(point.exemplars[0].trace_id == call.trace->trace_id);
        CHECK(point.exemplars[0].value == doctest::Approx(seconds));
    }
}

}  // namespace
}  // namespace tokenweir::metrics
