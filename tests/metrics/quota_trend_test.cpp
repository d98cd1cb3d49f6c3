#include "metrics/quota_trend.hpp"

#include <doctest/doctest.h>

#include <utility>
#include <vector>

namespace tokenweir::metrics {
namespace {

using namespace std::chrono_literals;
using Reading = QuotaTrend::Reading;

constexpr Instant start{1h};

Quota left(double remaining) { return {.limit = 1000, .remaining = remaining, .reset_seconds = {}}; }

/// The trend after these figures, each at so many seconds.
QuotaTrend after(const std::vector<std::pair<std::chrono::seconds, double>>& figures) {
    QuotaTrend trend;
    for (const auto& [at, remaining] : figures) trend.see(left(remaining), start + at);
    return trend;
}

TEST_SUITE("quota_trend") {
    TEST_CASE("says nothing before the provider did, and nothing five minutes after it did last") {
        QuotaTrend trend;
        CHECK(trend.read(start) == Reading{});
        trend.see({}, start);
        CHECK(trend.read(start) == Reading{});
        trend.see({100, 70, 60}, start);
        CHECK(trend.read(start) == Reading{100, 70, 60, {}});
        CHECK(trend.read(start + 20s) == Reading{100, 70, 40, {}});
        CHECK(trend.read(start + 5min) == Reading{100, 70, 0, {}});
        CHECK(trend.read(start + 5min + 1ns) == Reading{});
    }

    TEST_CASE("older news do not replace newer ones") {
        QuotaTrend trend = after({{10s, 500}});
        trend.see(left(900), start + 9s);
        CHECK(trend.read(start + 10s).remaining == 500);
    }

    TEST_CASE("tells when nothing will be left once the rest has shrunk for ten seconds") {
        CHECK(after({{0s, 1000}, {9s, 910}}).read(start + 9s).exhaustion_seconds == std::nullopt);
        const QuotaTrend trend = after({{0s, 1000}, {5s, 960}, {10s, 900}});  // 10 a second
        CHECK(trend.read(start + 10s).exhaustion_seconds == 90);
        CHECK(trend.read(start + 40s).exhaustion_seconds == 60);
        CHECK(trend.read(start + 200s).exhaustion_seconds == 0);
    }

    TEST_CASE("a rest that grows or stays is not on its way out") {
        CHECK(after({{0s, 500}, {20s, 500}}).read(start + 20s).exhaustion_seconds == std::nullopt);
        CHECK(after({{0s, 500}, {20s, 300}, {21s, 1000}}).read(start + 21s).exhaustion_seconds == std::nullopt);
        CHECK(after({{0s, 500}, {20s, 300}, {21s, 1000}, {31s, 900}}).read(start + 31s).exhaustion_seconds == 90);
    }

    TEST_CASE("nothing left is nothing left") { CHECK(after({{0s, 0}}).read(start).exhaustion_seconds == 0); }
}

}  // namespace
}  // namespace tokenweir::metrics
