#include "metrics/proxy_metrics.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <thread>

#include "tests/metrics/collected.hpp"

namespace tokenweir::metrics {
namespace {

void finish(ProxyCounters& worker, Outcome outcome) {
    worker.calls_in_flight.remove();
    worker.calls_finished[static_cast<std::size_t>(outcome)].add();
}

void accept(ProxyCounters& worker) {
    worker.calls_accepted.add();
    worker.calls_in_flight.add();
}

const AdminCounters admin;

TEST_SUITE("proxy_metrics") {
    TEST_CASE("all outcomes are there from the start, at zero") {
        const ProxyCounters worker;
        const ProxyCounters* const workers[] = {&worker};
        const auto finished = test::samples(ProxyMetrics(workers, admin), "tokenweir_calls_finished_total");
        CHECK(finished.size() == outcome_count);
        for (const auto name : outcome_names) CHECK(finished.at({{"outcome", std::string(name)}}) == 0);
    }

    TEST_CASE("adds up its workers") {
        ProxyCounters one, two;
        accept(one);
        accept(two);
        accept(two);
        finish(two, Outcome::timeout);
        one.upstream_connections_open.add(5);
        one.upstream_connections_idle.add(2);
        two.upstream_connections_open.add(1);
        one.client_bytes_read.add(10);
        two.client_bytes_written.add(7);
        const ProxyCounters* const workers[] = {&one, &two};
        const ProxyMetrics metrics(workers, admin);
        using Samples = std::map<test::LabelValues, double>;
        CHECK(test::samples(metrics, "tokenweir_calls_accepted_total") == Samples{{{}, 3}});
        CHECK(test::samples(metrics, "tokenweir_calls_in_flight") == Samples{{{}, 2}});
        CHECK(test::samples(metrics, "tokenweir_calls_finished_total").at({{"outcome", "timeout"}}) == 1);
        CHECK(test::samples(metrics, "tokenweir_upstream_connections") ==
              Samples{{{{"state", "idle"}}, 2}, {{{"state", "in_use"}}, 4}});
        CHECK(test::samples(metrics, "tokenweir_client_bytes_total") ==
              Samples{{{{"direction", "read"}}, 10}, {{{"direction", "written"}}, 7}});
    }

    TEST_CASE("connections that the admin port and that of feedback refuse are told apart") {
        AdminCounters counters;
        counters.admin_connections_refused.add(2);
        counters.feedback_connections_refused.add(3);
        CHECK(test::samples(ProxyMetrics({}, counters), "tokenweir_admin_connections_refused_total") ==
              std::map<test::LabelValues, double>{{{{"port", "admin"}}, 2}, {{{"port", "feedback"}}, 3}});
    }

    TEST_CASE("accepted is finished and in flight in every scrape of a busy worker") {
        ProxyCounters worker;
        std::atomic<bool> done{false};
        std::thread busy([&] {
            for (std::size_t i = 0; !done; ++i) {
                accept(worker);
                if (i % 3 != 0) finish(worker, static_cast<Outcome>(i % outcome_count));
                std::this_thread::yield();
            }
        });
        const ProxyCounters* const workers[] = {&worker};
        const ProxyMetrics metrics(workers, admin);
        bool conserved = true;
        for (int i = 0; i < 200; ++i) {
            double accepted = 0, rest = 0;
            for (const auto& family : metrics.Collect()) {
                if (family.name == "tokenweir_calls_accepted_total") accepted = family.metric.at(0).counter.value;
                if (family.name == "tokenweir_calls_in_flight") rest += family.metric.at(0).gauge.value;
                if (family.name == "tokenweir_calls_finished_total")
                    for (const auto& sample : family.metric) rest += sample.counter.value;
            }
            conserved = conserved && accepted == rest;
        }
        done = true;
        busy.join();
        CHECK(conserved);
    }

    TEST_CASE("a worker that breaks the law is shown as it is") {
        ProxyCounters worker;
        worker.calls_accepted.add(2);
        worker.calls_in_flight.add();
        const ProxyCounters* const workers[] = {&worker};
        CHECK(test::total(ProxyMetrics(workers, admin), "tokenweir_calls_accepted_total") == 2);
        CHECK(test::total(ProxyMetrics(workers, admin), "tokenweir_calls_in_flight") == 1);
    }
}

}  // namespace
}  // namespace tokenweir::metrics
