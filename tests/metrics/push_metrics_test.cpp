#include "metrics/push_metrics.hpp"

#include <doctest/doctest.h>

#include <map>

#include "tests/metrics/collected.hpp"

namespace tokenweir::metrics {
namespace {

TEST_SUITE("push_metrics") {
    TEST_CASE("all results of pushes are there from the start, and each is counted under its name") {
        PushCounters counters;
        const PushMetrics metrics(counters);
        std::map<test::LabelValues, double> expected;
        for (const auto name : push_result_names) expected[{{"result", std::string(name)}}] = 0;
        CHECK(test::samples(metrics, "tokenweir_metric_pushes_total") == expected);
        counters.count(PushResult::delivered);
        counters.count(PushResult::out_of_memory);
        counters.count(PushResult::out_of_memory);
        expected[{{"result", "delivered"}}] = 1;
        expected[{{"result", "out_of_memory"}}] = 2;
        CHECK(test::samples(metrics, "tokenweir_metric_pushes_total") == expected);
    }
}

}  // namespace
}  // namespace tokenweir::metrics
