#include "metrics/config_metrics.hpp"

#include <doctest/doctest.h>

#include <map>

#include "tests/metrics/collected.hpp"

namespace tokenweir::metrics {
namespace {

using namespace std::chrono_literals;
using Samples = std::map<test::LabelValues, double>;

Samples reloads(double success, double failure) {
    return {{{{"result", "success"}}, success}, {{{"result", "failure"}}, failure}};
}

double gauge(const ConfigMetrics& metrics, const char* name) { return test::samples(metrics, name).at({}); }

TEST_SUITE("config_metrics") {
    TEST_CASE("the start counts as a success but as no reload, and what comes later as what it was") {
        ConfigMetrics metrics{WallTime(1000s)};
        CHECK(test::samples(metrics, "tokenweir_config_reloads_total") == reloads(0, 0));
        CHECK(gauge(metrics, "tokenweir_config_last_reload_successful") == 1);
        CHECK(gauge(metrics, "tokenweir_config_last_reload_success_timestamp_seconds") == 1000);

        metrics.failed();
        CHECK(test::samples(metrics, "tokenweir_config_reloads_total") == reloads(0, 1));
        CHECK(gauge(metrics, "tokenweir_config_last_reload_successful") == 0);
        CHECK(gauge(metrics, "tokenweir_config_last_reload_success_timestamp_seconds") == 1000);

        metrics.succeeded(WallTime(2000s + 500ms));
        CHECK(test::samples(metrics, "tokenweir_config_reloads_total") == reloads(1, 1));
        CHECK(gauge(metrics, "tokenweir_config_last_reload_successful") == 1);
        CHECK(gauge(metrics, "tokenweir_config_last_reload_success_timestamp_seconds") == 2000.5);
    }
}

}  // namespace
}  // namespace tokenweir::metrics
