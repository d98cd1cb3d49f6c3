/// Finished calls into Prometheus families: on the I/O thread for label sets that exist, on a thread of its own for new
/// ones, because prometheus-cpp makes whoever adds a label set wait while a scrape collects.
#pragma once

#include <prometheus/collectable.h>

#include <cstddef>
#include <memory>
#include <vector>

#include "metrics/call_labels.hpp"
#include "metrics/exemplar.hpp"
#include "metrics/metric_definition.hpp"
#include "observation/call_sink.hpp"
#include "observation/genai_dialect.hpp"
#include "observation/sink_statistics.hpp"

namespace tokenweir::metrics {

class CallRecorder;
class CallBacklog;

struct CallMetricsOptions {
    LabelOptions labels{};
    BucketOptions buckets{};
    GenAiDialect dialect = GenAiDialect::v1_41;
    std::size_t max_queue_bytes = std::size_t{8} << 20;  ///< calls that wait for their label set
};

class CallMetrics final : public CallSink, public SinkAccount, public prometheus::Collectable, public ExemplarSource {
public:
    explicit CallMetrics(const CallMetricsOptions& options = {});

    /// Counts what is queued, then ends the thread. Requires: nobody consumes any more.
    ~CallMetrics() override;

    CallMetrics(const CallMetrics&) = delete;
    CallMetrics& operator=(const CallMetrics&) = delete;

    /// About a microsecond and no allocation for a label set that exists; else the call is queued for the metrics
    /// thread, or dropped and counted when the queue is full.
    void consume(const FinishedCall& call) noexcept override;

    /// The sink "metrics".
    SinkStatistics statistics() const override;

    /// Every family fed by calls, once everything that was consumed before is counted.
    std::vector<prometheus::MetricFamily> Collect() const override;

    const ExemplarSlot* exemplars(const std::string& family,
                                  const std::vector<prometheus::ClientMetric::Label>& labels) const override;

private:
    const std::unique_ptr<CallRecorder> recorder_;
    const std::unique_ptr<CallBacklog> backlog_;  // its thread uses the recorder
};

}  // namespace tokenweir::metrics
