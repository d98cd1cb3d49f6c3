/// The label sets that calls have met so far, with their handles into the registry.
#pragma once

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "metrics/append_only_map.hpp"
#include "metrics/call_labels.hpp"
#include "metrics/call_metrics.hpp"
#include "metrics/call_series.hpp"
#include "metrics/quota_board.hpp"

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

private:
    /// Handles of one label set; what is not null never changes again.
    struct Handles {
        std::array<std::atomic<prometheus::Counter*>, counter_series> counters{};
        std::array<std::atomic<prometheus::Histogram*>, histogram_series> histograms{};
        std::atomic<ProviderQuotas*> quotas{nullptr};

        bool has(std::size_t at) const noexcept {
            return at < counter_series ? counters[at].load(std::memory_order_acquire) != nullptr
                                       : histograms[at - counter_series].load(std::memory_order_acquire) != nullptr;
        }
    };
    using Family = std::variant<prometheus::Family<prometheus::Counter>*, prometheus::Family<prometheus::Histogram>*>;

    Handles* find(CallLabels::Key& key, bool& folded) const noexcept;
    void create(std::size_t at, const CallLabels::Key& key, Handles& handles);
    void add(const LlmCall& call, const Measurements& numbers, const Handles& handles) noexcept;
    void count_overflows(const LlmCall& call, const CallLabels::Key& key, bool folded) noexcept;

    const GenAiDialect dialect_;
    const std::size_t max_combinations_;
    const BucketOptions buckets_;
    prometheus::Registry registry_;
    std::map<std::string_view, Family> families_;  // by metric name
    CallLabels labels_;
    std::vector<prometheus::Counter*> overflows_;  // by CallLabels::Overflow
    AppendOnlyMap<CallLabels::Key, Handles, CallLabels::KeyHash> handles_;
    std::atomic<std::size_t> combinations_{0};  // in handles_
    QuotaBoard quotas_;
    std::atomic<std::uint64_t> known_{0};
};

}  // namespace tokenweir::metrics
