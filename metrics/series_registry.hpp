/// The time series that calls feed, in prometheus-cpp's model, and beside each the calls that exemplify it.
#pragma once

#include <prometheus/client_metric.h>
#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/registry.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory_resource>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "metrics/exemplar.hpp"
#include "metrics/metric_definition.hpp"

namespace tokenweir::metrics {

/// One time series; bounds, counts and slots outlive it. Everything here is for I/O threads: no lock, no allocation.
/// `exemplar` may be nullptr; its value is set here.
class alignas(64) Series {
public:
    using Count = std::atomic<std::uint64_t>;

    Series(prometheus::Counter& counter, ExemplarSlot* slot) : counter_(&counter), slots_(slot) {}

    /// A histogram. prometheus-cpp's has a lock, which all threads would take for each of a call's observations.
    /// `counts` and `slots`: one for each bucket, that above all bounds too.
    Series(std::span<const double> bounds, Count* counts, ExemplarSlot* slots)
        : bounds_(bounds), counts_(counts), slots_(slots) {}

    /// A counter's increment, a histogram's observation.
    void add(double value, const Exemplar* exemplar) noexcept {
        if (counter_ != nullptr) {
            counter_->Increment(value);
        } else {
            counts_[bucket_of(value)].fetch_add(1, std::memory_order_relaxed);
            sum_.fetch_add(value, std::memory_order_relaxed);
        }
        if (exemplar != nullptr) offer(value, *exemplar);
    }

    /// Many observations by bucket. `longest` is one of them, and the one that `exemplar` stands for.
    void add(std::span<const std::uint32_t> counts, double sum, double longest, const Exemplar* exemplar) noexcept;

    const ExemplarSlot* slots() const noexcept { return slots_; }

    /// Of a histogram. Its sum may lack, or have too much of, what is being observed in this instant.
    prometheus::ClientMetric::Histogram read() const;

private:
    bool in_bucket(std::size_t bucket, double value) const noexcept {  // of a counter: 0
        return (bucket == 0 || value > bounds_[bucket - 1]) && (bucket == bounds_.size() || value <= bounds_[bucket]);
    }

    /// Calls are alike: mostly it is the bucket of the one before.
    std::size_t bucket_of(double value) const noexcept {
        const std::size_t last = last_bucket_.load(std::memory_order_relaxed);
        return in_bucket(last, value) ? last : search(value);
    }
    std::size_t search(double value) const noexcept {
        return static_cast<std::size_t>(std::ranges::lower_bound(bounds_, value) - bounds_.begin());
    }

    /// The bucket of the one before mostly has its example: no search, and no look at it.
    void offer(double value, const Exemplar& exemplar) noexcept {
        const double since = exemplar.time - last_time_.load(std::memory_order_relaxed);
        if (since < 0 || since >= ExemplarSlot::lifetime ||
            !in_bucket(last_bucket_.load(std::memory_order_relaxed), value))
            give(value, exemplar);
    }
    void give(double value, Exemplar exemplar) noexcept;

    prometheus::Counter* counter_ = nullptr;  // of a counter; the next three are a histogram's
    const std::span<const double> bounds_;
    Count* const counts_ = nullptr;
    std::atomic<double> sum_{0};
    ExemplarSlot* const slots_;                           // one for each bucket
    std::atomic<std::size_t> last_bucket_{0};             // that was offered something,
    std::atomic<double> last_time_{ExemplarSlot::never};  // and the time of what it has
};

class SeriesRegistry {
public:
    explicit SeriesRegistry(BucketOptions buckets) : buckets_(std::move(buckets)) {}

    /// Before any other thread comes: a registry takes no family while it is collected.
    void declare(const MetricDefinition& metric);

    /// The series of a declared metric with these labels, which stays where it is. One thread at a time; waits while a
    /// scrape collects.
    Series& add(const MetricDefinition& metric, const prometheus::Labels& labels);

    std::vector<prometheus::MetricFamily> collect() const;

    /// See ExemplarSource.
    const ExemplarSlot* exemplars(const std::string& family,
                                  const std::vector<prometheus::ClientMetric::Label>& labels) const;

private:
    struct Family {
        std::string_view help;
        prometheus::Family<prometheus::Counter>* counters = nullptr;  // null: histograms, with these bounds
        std::vector<double> bounds;
        std::map<std::vector<prometheus::ClientMetric::Label>, Series*>
            series;  // labels by name, as they are collected
    };

    template <class Object>
    Object* make(std::size_t count);

    const BucketOptions buckets_;
    prometheus::Registry registry_;
    std::map<std::string_view, Family> families_;
    mutable std::mutex mutex_;  // of the series in them; no I/O thread takes it

    // Those of one call lie together, and apart from what it seldom needs: a call touches many of them.
    std::deque<Series> series_;
    std::pmr::monotonic_buffer_resource buckets_memory_;
};

}  // namespace tokenweir::metrics
