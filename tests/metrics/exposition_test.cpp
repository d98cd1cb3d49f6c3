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

AdminRequest request(std::string_view method, Fields fields = {}) {
    AdminRequest request{};
    request.fields = fields;
    request.method = method;
    request.path = "/metrics";
    return request;
}

TEST_SUITE("exposition") {
    /// One streamed chat, one refused call and one cancelled stream. The text is also read by promtool and
    /// by the parser of prometheus_client, where they are.
    TEST_CASE("shows a small history as exactly this text") {
        CallMetrics calls;
        ProxyCounters worker;
        const ProxyCounters* const workers[] = {&worker};
        const AdminCounters admin;
        const ProxyMetrics proxy(workers, admin);
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
        cancelled.trace = {.trace_id = {0x4b, 0xf9}, .span_id = {0xf0}, .parent_span_id = {}, .sampled = true};
        cancelled.timings.started_at = WallTime(std::chrono::seconds(1'700'000'000));
        for (const LlmCall& call : {test::streamed_chat(), refused, cancelled}) {
            worker.calls_accepted.add();
            worker.calls_finished[static_cast<std::size_t>(call.outcome)].add();
            calls.consume(test::finished(call));
        }
        worker.calls_accepted.add();
        worker.calls_in_flight.add();

        const Exposition exposition({&calls, &proxy, &sinks}, &calls);
        const auto check = [&](TextFormat format, const std::string& file) {
            const std::string text = exposition.text(format);
            const std::string golden = std::string(TOKENWEIR_SOURCE_DIR) + "/tests/metrics/" + file;
            const bool same = text == contents(golden);
            if (!same) std::ofstream("actual." + file) << text;
            CHECK_MESSAGE(same, "actual." << file << " is not " << golden);
        };
        check(TextFormat::prometheus, "three_calls.txt");
        check(TextFormat::openmetrics, "three_calls.openmetrics.txt");
    }

    TEST_CASE("answers with OpenMetrics whoever names it and likes it as much as text") {
        struct Row {
            const char* accept;
            TextFormat expected;
        };
        const Row rows[] = {
            {"application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
             "text/plain;version=0.0.4;q=0.5,*/*;q=0.1",  // Prometheus 2.42
             TextFormat::openmetrics},
            {"application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,"
             "application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,"
             "text/plain;version=0.0.4;q=0.2,*/*;q=0.1",  // Prometheus 3
             TextFormat::openmetrics},
            {"application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited,"
             "text/plain;version=0.0.4;q=0.3,*/*;q=0.1",
             TextFormat::prometheus},
            {"text/html,application/xhtml+xml,*/*;q=0.8", TextFormat::prometheus},
            {"*/*", TextFormat::prometheus},
            {"", TextFormat::prometheus},
            {"application/json", TextFormat::prometheus},
            {"application/openmetrics-text", TextFormat::openmetrics},
            {"APPLICATION/OPENMETRICS-TEXT; VERSION=\"1.0.0\"", TextFormat::openmetrics},
            {"application/openmetrics-text;version=0.0.1", TextFormat::prometheus},
            {"application/openmetrics-text;q=0", TextFormat::prometheus},
            {"application/openmetrics-text;q=0.2,text/plain;q=0.3", TextFormat::prometheus},
            {"application/openmetrics-text;q=0.3,text/plain;q=0.3", TextFormat::openmetrics},
        };
        const NoMetrics nothing;
        for (const Row& row : rows) {
            CAPTURE(row.accept);
            const Field fields[] = {{"Accept", row.accept}};
            CHECK(preferred_format(fields) == row.expected);
            const AdminResponse response = Exposition({&nothing}).handle(request("GET", fields));
            CHECK(response.content_type == content_type(row.expected));
            CHECK(response.body == (row.expected == TextFormat::openmetrics ? "# EOF\n" : ""));
        }
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
