/// The label sets that calls have met so far, with their series.
#pragma once

#include <prometheus/metric_family.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "metrics/append_only_map.hpp"
#include "metrics/call_labels.hpp"
#include "metrics/call_metrics.hpp"
#include "metrics/call_series.hpp"
#include "metrics/quota_board.hpp"
#include "metrics/series_registry.hpp"

namespace tokenweir::metrics {

class CallRecorder {
public:
    explicit CallRecorder(const CallMetricsOptions& options);

    /// Counts the call if all its series exist. Any thread, no lock of ours, no allocation.
    bool record_known(const LlmCall& call) noexcept;

    /// Counts the call after creating what it needs. One thread at a time; waits while a scrape collects.
    void record(const LlmCall& call);

    /// Calls counted by `record_known`.
    std::uint64_t known() const noexcept { return known_.load(std::memory_order_relaxed); }

    /// Any thread.
    std::vector<prometheus::MetricFamily> collect(Instant now) const;

    /// See ExemplarSource.
    const ExemplarSlot* exemplars(const std::string& family,
                                  const std::vector<prometheus::ClientMetric::Label>& labels) const {
        return series_.exemplars(family, labels);
    }

private:
    /// The series of one combination of labels; what is not null never changes again.
    struct Handles {
        std::array<std::atomic<Series*>, call_series.size()> series{};
        std::atomic<ProviderQuotas*> quotas{nullptr};

        Series* at(std::size_t place) const noexcept { return series[place].load(std::memory_order_acquire); }
    };

    Handles* find(CallLabels::Key& key, bool& folded) const noexcept;
    Measurements measured(const LlmCall& call, const CallLabels::Key& key) const noexcept;
    Series& create(const CallSeries& row, const CallLabels::Key& key);
    void add(const LlmCall& call, const Measurements& numbers, const Handles& handles) noexcept;
    void count_overflows(const LlmCall& call, const CallLabels::Key& key, bool folded) noexcept;

    const GenAiDialect dialect_;
    const std::size_t max_combinations_;
    SeriesRegistry series_;
    CallLabels labels_;
    std::vector<Series*> overflows_;  // by label, then that of combinations
    AppendOnlyMap<CallLabels::Key, Handles, CallLabels::KeyHash> handles_;
    std::atomic<std::size_t> combinations_{0};  // in handles_
    QuotaBoard quotas_;
    std::atomic<std::uint64_t> known_{0};
};

}  // namespace tokenweir::metrics
