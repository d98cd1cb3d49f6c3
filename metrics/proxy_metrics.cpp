#include "metrics/proxy_metrics.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

#include "metrics/samples.hpp"

namespace tokenweir::metrics {
namespace {

struct Calls {
    std::uint64_t accepted = 0, in_flight = 0;
    std::array<std::uint64_t, outcome_count> finished{};

    bool conserved() const noexcept { return accepted == std::accumulate(finished.begin(), finished.end(), in_flight); }
};

Calls read_once(const ProxyCounters& worker) noexcept {
    Calls calls{worker.calls_accepted.read(), worker.calls_in_flight.read(), {}};
    std::ranges::transform(worker.calls_finished, calls.finished.begin(), &Tally::read);
    return calls;
}

/// The worker may be between two of its numbers: such a reading is taken again. A law that is really broken is shown.
Calls read_calls(const ProxyCounters& worker) noexcept {
    Calls calls = read_once(worker);
    for (int attempt = 0; attempt < 1000 && !calls.conserved(); ++attempt) calls = read_once(worker);
    return calls;
}

}  // namespace

std::vector<prometheus::MetricFamily> ProxyMetrics::Collect() const {
    Calls calls;
    for (const ProxyCounters* worker : workers_) {
        const Calls its = read_calls(*worker);
        calls.accepted += its.accepted;
        calls.in_flight += its.in_flight;
        std::ranges::transform(calls.finished, its.finished, calls.finished.begin(), std::plus<>());
    }
    const auto sum = [&](Tally ProxyCounters::*tally) {
        std::uint64_t total = 0;
        for (const ProxyCounters* worker : workers_) total += (worker->*tally).read();
        return static_cast<double>(total);
    };

    std::vector<prometheus::MetricFamily> families;
    const auto labelled = [&](const MetricDefinition& metric,
                              std::initializer_list<std::pair<std::string_view, double>> values) {
        families.push_back(family_of(metric));
        for (const auto& [label, value] : values) add_sample(families.back(), metric, value, {label});
    };
    constexpr const MetricDefinition& finished = metric("tokenweir_calls_finished_total");
    families.push_back(single(metric("tokenweir_calls_accepted_total"), static_cast<double>(calls.accepted)));
    families.push_back(single(metric("tokenweir_calls_in_flight"), static_cast<double>(calls.in_flight)));
    families.push_back(family_of(finished));
    for (std::size_t i = 0; i < outcome_count; ++i)
        add_sample(families.back(), finished, static_cast<double>(calls.finished[i]), {outcome_names[i]});

    const auto plain = [&](const MetricDefinition& metric, Tally ProxyCounters::*tally) {
        families.push_back(single(metric, sum(tally)));
    };
    plain(metric("tokenweir_probes_total"), &ProxyCounters::probes_answered);
    plain(metric("tokenweir_client_connections"), &ProxyCounters::client_connections_open);
    plain(metric("tokenweir_client_connections_accepted_total"), &ProxyCounters::client_connections_accepted);
    plain(metric("tokenweir_client_connections_refused_total"), &ProxyCounters::client_connections_refused);
    plain(metric("tokenweir_upstream_connections_opened_total"), &ProxyCounters::upstream_connections_opened);
    plain(metric("tokenweir_upstream_connections_reused_total"), &ProxyCounters::upstream_connections_reused);
    plain(metric("tokenweir_upstream_retries_total"), &ProxyCounters::upstream_retries);
    plain(metric("tokenweir_backpressure_pauses_total"), &ProxyCounters::backpressure_pauses);

    labelled(metric("tokenweir_admin_connections_refused_total"),
             {{"admin", static_cast<double>(admin_.admin_connections_refused.read())},
              {"feedback", static_cast<double>(admin_.feedback_connections_refused.read())}});

    const double idle = sum(&ProxyCounters::upstream_connections_idle);
    const double in_use = std::max(sum(&ProxyCounters::upstream_connections_open) - idle, 0.0);
    labelled(metric("tokenweir_upstream_connections"), {{"idle", idle}, {"in_use", in_use}});
    labelled(metric("tokenweir_client_bytes_total"), {{"read", sum(&ProxyCounters::client_bytes_read)},
                                                      {"written", sum(&ProxyCounters::client_bytes_written)}});
    labelled(metric("tokenweir_upstream_bytes_total"), {{"read", sum(&ProxyCounters::upstream_bytes_read)},
                                                        {"written", sum(&ProxyCounters::upstream_bytes_written)}});
    return families;
}

}  // namespace tokenweir::metrics
