/// The label sets that calls have met so far, with their handles into the registry.
#pragma once

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string_view>
#include <variant>
#include <vector>

#include "metrics/append_only_map.hpp"
#include "metrics/call_series.hpp"
#include "metrics/label_budget.hpp"

namespace tokenweir::metrics {

/// All that the labels of a call's series depend on.
struct LabelKey {
    LabelBudget::Id route, operation, provider, model, error_type;
    std::uint16_t unused = 0;
    Outcome outcome;
    UsageSource source;
    std::uint8_t status_class;  ///< 1 to 5; 0: no response
    std::uint8_t reserved = 0;

    bool operator==(const LabelKey&) const = default;
};

struct LabelKeyHash {
    std::size_t operator()(const LabelKey& key) const noexcept {
        const auto words = std::bit_cast<std::array<std::uint64_t, 2>>(key);
        const std::uint64_t mixed = (words[0] ^ (words[1] * 0x9E3779B97F4A7C15)) * 0xD6E8FEB86659FD93;
        return mixed ^ (mixed >> 32);
    }
};

class CallRecorder {
public:
    explicit CallRecorder(const LabelLimits& limits);

    /// Counts the call if all its series exist. Any thread, no lock of ours, no allocation.
    bool record_known(const LlmCall& call) noexcept;

    /// Counts the call after creating what it needs. One thread at a time; waits while a scrape collects.
    void record(const LlmCall& call);

    /// Calls counted by `record_known`.
    std::uint64_t known() const noexcept { return known_.load(std::memory_order_relaxed); }

    std::vector<prometheus::MetricFamily> collect() const { return registry_.Collect(); }

private:
    /// Handles of one label set. Those whose bit is set in `created` never change again.
    struct Handles {
        std::atomic<std::uint64_t> created{0};
        std::array<prometheus::Counter*, counter_series> counters{};
        std::array<prometheus::Histogram*, histogram_series> histograms{};
    };
    using Family = std::variant<prometheus::Family<prometheus::Counter>*, prometheus::Family<prometheus::Histogram>*>;

    void create(std::size_t at, const LabelKey& key, Handles& handles);
    void add(const LlmCall& call, const Measurements& numbers, const Handles& handles) noexcept;
    std::string_view label_value(std::string_view label, const LabelKey& key) const noexcept;

    prometheus::Registry registry_;
    std::map<std::string_view, Family> families_;  // by metric name
    LabelBudget routes_, operations_, providers_, models_, error_types_;
    AppendOnlyMap<LabelKey, Handles, LabelKeyHash> handles_;
    std::atomic<std::uint64_t> known_{0};
};

}  // namespace tokenweir::metrics
