#include "metrics/text_format.hpp"

#include <doctest/doctest.h>

#include <limits>

namespace tokenweir::metrics {
namespace {

std::string text_of(const prometheus::MetricFamily& family, TextFormat format = TextFormat::prometheus,
                    const ExemplarSource* exemplars = nullptr) {
    std::string out;
    append_text(out, {&family, 1}, format, exemplars);
    return out;
}

/// The same slots for every series but gauges'.
struct OneExample final : ExemplarSource {
    const ExemplarSlot* exemplars(const std::string& family,
                                  const std::vector<prometheus::ClientMetric::Label>&) const override {
        return family == "g" ? nullptr : slots;
    }
    ExemplarSlot slots[2];
};

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

    TEST_CASE("writes bounds as Go does, with a point") {
        const std::pair<double, std::string_view> rows[] = {
            {0, "0.0"},
            {1, "1.0"},
            {0.0001, "0.0001"},
            {0.00001, "1e-05"},
            {0.000025, "2.5e-05"},
            {0.0025, "0.0025"},
            {2.56, "2.56"},
            {600, "600.0"},
            {999999, "999999.0"},
            {1e6, "1e+06"},
            {1048576, "1.048576e+06"},
            {67108864, "6.7108864e+07"},
            {std::numeric_limits<double>::infinity(), "+Inf"},
        };
        for (const auto& [value, expected] : rows) {
            std::string out;
            append_bound(out, value);
            CHECK(out == expected);
        }
    }

    TEST_CASE("OpenMetrics names a counter's family without _total, tells units, escapes quotes in help and ends") {
        prometheus::ClientMetric metric;
        metric.counter.value = 2.5;
        CHECK(text_of({"x_seconds_total", "Say \"hi\".", prometheus::MetricType::Counter, {metric}},
                      TextFormat::openmetrics) ==
              "# TYPE x_seconds counter\n"
              "# UNIT x_seconds seconds\n"
              "# HELP x_seconds Say \\\"hi\\\".\n"
              "x_seconds_total 2.5\n"
              "# EOF\n");
        CHECK(text_of({"u", "U.", prometheus::MetricType::Untyped, {metric}}, TextFormat::openmetrics) ==
              "# TYPE u unknown\n# HELP u U.\nu 0\n# EOF\n");
    }

    TEST_CASE("OpenMetrics shows the example of a counter and of each bucket, the text format none") {
        OneExample example;
        const TraceId trace{0x0a, 0xf7};
        const SpanId span{0xb7};
        example.slots[1].offer({trace, span, 0.75, 1700000000.1234});
        prometheus::ClientMetric metric;
        metric.label = {{"route", "r"}};
        metric.histogram = {1, 0.75, {{0, 0.5}, {1, std::numeric_limits<double>::infinity()}}};
        const prometheus::MetricFamily histogram{"x_bytes", "X.", prometheus::MetricType::Histogram, {metric}};
        CHECK(text_of(histogram, TextFormat::openmetrics, &example) ==
              "# TYPE x_bytes histogram\n"
              "# UNIT x_bytes bytes\n"
              "# HELP x_bytes X.\n"
              "x_bytes_bucket{route=\"r\",le=\"0.5\"} 0\n"
              "x_bytes_bucket{route=\"r\",le=\"+Inf\"} 1 # "
              "{trace_id=\"0af70000000000000000000000000000\",span_id=\"b700000000000000\"} 0.75 1700000000.123\n"
              "x_bytes_sum{route=\"r\"} 0.75\n"
              "x_bytes_count{route=\"r\"} 1\n"
              "# EOF\n");
        CHECK(text_of(histogram, TextFormat::prometheus, &example).find("trace_id") == std::string::npos);

        example.slots[0].offer({trace, span, 1, 2});
        CHECK(text_of({"c_total", "C.", prometheus::MetricType::Counter, {prometheus::ClientMetric()}},
                      TextFormat::openmetrics, &example) ==
              "# TYPE c counter\n# HELP c C.\nc_total 0 # "
              "{trace_id=\"0af70000000000000000000000000000\",span_id=\"b700000000000000\"} 1 2\n# EOF\n");
        CHECK(text_of({"g", "G.", prometheus::MetricType::Gauge, {prometheus::ClientMetric()}}, TextFormat::openmetrics,
                      &example) == "# TYPE g gauge\n# HELP g G.\ng 0\n# EOF\n");
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
