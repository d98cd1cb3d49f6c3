#include "metrics/sink_metrics.hpp"

#include "metrics/samples.hpp"

namespace tokenweir::metrics {

std::vector<prometheus::MetricFamily> SinkMetrics::Collect() const {
    constexpr const MetricDefinition& written = metric("tokenweir_sink_records_written_total");
    constexpr const MetricDefinition& dropped = metric("tokenweir_sink_records_dropped_total");
    constexpr const MetricDefinition& queued = metric("tokenweir_sink_records_queued");
    constexpr const MetricDefinition& declined = metric("tokenweir_sink_records_declined_total");
    constexpr const MetricDefinition& restored = metric("tokenweir_sink_records_restored_total");
    constexpr const MetricDefinition& rotations = metric("tokenweir_sink_rotations_total");
    std::vector<prometheus::MetricFamily> families{family_of(written),  family_of(dropped),  family_of(queued),
                                                   family_of(declined), family_of(restored), family_of(rotations)};
    for (const SinkAccount* account : accounts_) {
        const SinkStatistics sink = account->statistics();
        add_sample(families[0], written, static_cast<double>(sink.written), {sink.name});
        for (const auto& [reason, count] : sink.dropped)
            add_sample(families[1], dropped, static_cast<double>(count), {sink.name, reason});
        add_sample(families[2], queued, static_cast<double>(sink.queued), {sink.name});
        for (const auto& [reason, count] : sink.declined)
            add_sample(families[3], declined, static_cast<double>(count), {sink.name, reason});
        add_sample(families[4], restored, static_cast<double>(sink.restored), {sink.name});
        for (const auto& [result, count] : sink.rotations)
            add_sample(families[5], rotations, static_cast<double>(count), {sink.name, result});
    }
    return families;
}

}  // namespace tokenweir::metrics
