#include "metrics/text_format.hpp"

#include <doctest/doctest.h>

#include <limits>

namespace tokenweir::metrics {
namespace {

std::string text_of(const prometheus::MetricFamily& family) {
    std::string out;
    append_text(out, {&family, 1});
    return out;
}

TEST_SUITE("text_format") {
    TEST_CASE("writes numbers so that they are read back as they were") {
        using limits = std::numeric_limits<double>;
        const std::pair<double, std::string_view> rows[] = {
            {0, "0"},
            {-0.0, "0"},
            {1, "1"},
            {-3, "-3"},
            {0.1 + 0.2, "0.30000000000000004"},
            {0.0001, "0.0001"},
            {0.000025, "2.5e-05"},
            {100000, "100000"},
            {1048576, "1048576"},
            {9007199254740992, "9007199254740992"},
            {1.0e300, "1e+300"},
            {limits::infinity(), "+Inf"},
            {-limits::infinity(), "-Inf"},
            {limits::quiet_NaN(), "NaN"},
        };
        for (const auto& [value, expected] : rows) {
            std::string out;
            append_number(out, value);
            CHECK(out == expected);
        }
    }

    TEST_CASE("escapes backslash and line break in help, and the quote in label values as well") {
        prometheus::ClientMetric metric;
        metric.label = {{"model", "a\\b\"c\nd"}};
        metric.counter.value = 2;
        CHECK(text_of({"x_total", "Say \"hi\"\\\n", prometheus::MetricType::Counter, {metric}}) ==
              "# HELP x_total Say \"hi\"\\\\\\n\n"
              "# TYPE x_total counter\n"
              "x_total{model=\"a\\\\b\\\"c\\nd\"} 2\n");
    }

    TEST_CASE("writes a histogram with its buckets, sum and count") {
        prometheus::ClientMetric metric;
        metric.label = {{"route", "r"}};
        metric.histogram = {3, 1.75, {{1, 0.5}, {3, std::numeric_limits<double>::infinity()}}};
        CHECK(text_of({"x_seconds", "X.", prometheus::MetricType::Histogram, {metric}}) ==
              "# HELP x_seconds X.\n"
              "# TYPE x_seconds histogram\n"
              "x_seconds_bucket{route=\"r\",le=\"0.5\"} 1\n"
              "x_seconds_bucket{route=\"r\",le=\"+Inf\"} 3\n"
              "x_seconds_sum{route=\"r\"} 1.75\n"
              "x_seconds_count{route=\"r\"} 3\n");
    }

    TEST_CASE("writes summaries, gauges and untyped samples") {
        prometheus::ClientMetric summary;
        summary.summary = {2, 3.5, {{0.5, 1.25}}};
        CHECK(text_of({"s", "S.", prometheus::MetricType::Summary, {summary}}) ==
              "# HELP s S.\n# TYPE s summary\ns{quantile=\"0.5\"} 1.25\ns_sum 3.5\ns_count 2\n");
        prometheus::ClientMetric plain;
        plain.gauge.value = -1;
        plain.untyped.value = 4;
        CHECK(text_of({"g", "G.", prometheus::MetricType::Gauge, {plain}}) == "# HELP g G.\n# TYPE g gauge\ng -1\n");
        CHECK(text_of({"u", "U.", prometheus::MetricType::Untyped, {plain}}) == "# HELP u U.\n# TYPE u untyped\nu 4\n");
    }
}

}  // namespace
}  // namespace tokenweir::metrics
