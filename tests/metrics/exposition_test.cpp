#include "metrics/exposition.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <iterator>

#include "metrics/call_metrics.hpp"
#include "metrics/process_metrics.hpp"
#include "metrics/proxy_metrics.hpp"
#include "metrics/sink_metrics.hpp"
#include "tests/metrics/calls.hpp"
#include "tests/metrics/collected.hpp"

namespace tokenweir::metrics {
namespace {

std::string contents(const std::string& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

struct NoMetrics final : prometheus::Collectable {
    std::vector<prometheus::MetricFamily> Collect() const override { return {}; }
};

AdminRequest request(std::string_view method) {
    AdminRequest request{};
    request.method = method;
    request.path = "/metrics";
    return request;
}

TEST_SUITE("exposition") {
    /// One streamed chat, one refused call and one cancelled stream. The text is also read by promtool, where it is.
    TEST_CASE("shows a small history as exactly this text") {
        CallMetrics calls;
        ProxyCounters worker;
        const ProxyCounters* const workers[] = {&worker};
        const ProxyMetrics proxy(workers);
        const SinkMetrics sinks({&calls});

        LlmCall refused = test::streamed_chat();
        refused.response_streamed = false;
        refused.status = 429;
        refused.outcome = Outcome::rate_limited;
        refused.error_type = "429";
        refused.usage = {};
        refused.gaps = {};
        refused.output_events = 0;
        refused.timings.first_token = refused.timings.first_answer = {};
        LlmCall cancelled = test::streamed_chat();
        cancelled.outcome = Outcome::cancelled_mid_stream;
        cancelled.usage.source = UsageSource::partial;
        for (const LlmCall& call : {test::streamed_chat(), refused, cancelled}) {
            worker.calls_accepted.add();
            worker.calls_finished[static_cast<std::size_t>(call.outcome)].add();
            calls.consume(test::finished(call));
        }
        worker.calls_accepted.add();
        worker.calls_in_flight.add();

        const std::string text = Exposition({&calls, &proxy, &sinks}).text();
        const std::string golden = std::string(TOKENWEIR_SOURCE_DIR) + "/tests/metrics/three_calls.txt";
        const bool same = text == contents(golden);
        if (!same) std::ofstream("three_calls.actual.txt") << text;
        CHECK_MESSAGE(same, "three_calls.actual.txt is not " << golden);
    }

    TEST_CASE("answers GET and HEAD with the text format and refuses the rest") {
        const NoMetrics nothing;
        Exposition exposition({&nothing});
        for (const auto method : {"GET", "HEAD"}) {
            const AdminResponse response = exposition.handle(request(method));
            CHECK(response.status == 200);
            CHECK(response.content_type == "text/plain; version=0.0.4; charset=utf-8");
        }
        const AdminResponse refused = exposition.handle(request("POST"));
        CHECK(refused.status == 405);
        CHECK(refused.fields == std::vector<std::pair<std::string, std::string>>{{"Allow", "GET, HEAD"}});
    }
}

TEST_SUITE("process_metrics") {
    TEST_CASE("reads what is exported from the kernel's line, whatever the process is called") {
        const std::string_view line =
            "17 (a) b) R 1 17 17 0 -1 4194560 101 0 3 0 250 50 7 8 20 0 4 0 123456 14852096 917 18446744073709551615 1 "
            "1";
        CHECK(parse_process_stat(line) == ProcessStat{250, 50, 4, 123456, 14852096, 917});
        CHECK(parse_process_stat("17 (cut) R 1 17") == std::nullopt);
        CHECK(parse_process_stat("") == std::nullopt);
    }

    TEST_CASE("has the version and sees this process") {
        const ProcessMetrics metrics("1.2.3");
        CHECK(test::samples(metrics, "tokenweir_build_info").at({{"version", "1.2.3"}}) == 1);
        CHECK(test::total(metrics, "process_resident_memory_bytes") > 1e6);
        CHECK(test::total(metrics, "process_open_fds") >= 3);
        CHECK(test::total(metrics, "process_threads") >= 1);
        CHECK(test::total(metrics, "process_start_time_seconds") > 1.6e9);
    }
}

}  // namespace
}  // namespace tokenweir::metrics
