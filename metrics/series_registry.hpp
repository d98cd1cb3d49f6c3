/// The time series that calls feed: prometheus-cpp's objects, and beside each the calls that exemplify it.
#pragma once

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <atomic>
#include <deque>
#include <map>
#include <memory_resource>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "metrics/exemplar.hpp"
#include "metrics/metric_definition.hpp"

namespace tokenweir::metrics {

/// One time series; bounds and slots outlive it. Everything here is for I/O threads: no lock but the short one inside
/// prometheus-cpp's histogram, and no allocation. `exemplar` may be nullptr; its value is set here.
class alignas(64) Series {
public:
    Series(prometheus::Counter& counter, ExemplarSlot* slot) : counter_(&counter), slots_(slot) {}
    Series(prometheus::Histogram& histogram, std::span<const double> bounds, ExemplarSlot* slots)
        : histogram_(&histogram), bounds_(bounds), slots_(slots) {}

    /// A counter's increment, a histogram's observation.
    void add(double value, const Exemplar* exemplar) noexcept {
        if (counter_ != nullptr)
            counter_->Increment(value);
        else
            histogram_->Observe(value);
        if (exemplar != nullptr) offer(value, *exemplar);
    }

    /// Many observations by bucket. `longest` is one of them, and the one that `exemplar` stands for.
    void add(const std::vector<double>& counts, double sum, double longest, const Exemplar* exemplar) noexcept;

    const ExemplarSlot* slots() const noexcept { return slots_; }

private:
    bool in_bucket(std::size_t bucket, double value) const noexcept {  // of a counter: 0
        return (bucket == 0 || value > bounds_[bucket - 1]) && (bucket == bounds_.size() || value <= bounds_[bucket]);
    }

    /// Calls are alike: mostly it is the bucket of the one before, which has its example. No search, and no look at it.
    void offer(double value, const Exemplar& exemplar) noexcept {
        const double since = exemplar.time - last_time_.load(std::memory_order_relaxed);
        if (since < 0 || since >= ExemplarSlot::lifetime ||
            !in_bucket(last_bucket_.load(std::memory_order_relaxed), value))
            give(value, exemplar);
    }
    void give(double value, Exemplar exemplar) noexcept;

    prometheus::Counter* counter_ = nullptr;  // one of the two
    prometheus::Histogram* histogram_ = nullptr;
    const std::span<const double> bounds_;
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

    std::vector<prometheus::MetricFamily> collect() const { return registry_.Collect(); }

    /// See ExemplarSource.
    const ExemplarSlot* exemplars(const std::string& family,
                                  const std::vector<prometheus::ClientMetric::Label>& labels) const;

private:
    struct Family {
        std::variant<prometheus::Family<prometheus::Counter>*, prometheus::Family<prometheus::Histogram>*> handle;
        std::vector<double> bounds;  // of a histogram
        std::map<std::vector<prometheus::ClientMetric::Label>, Series*>
            series;  // labels by name, as they are collected
    };

    ExemplarSlot* make_slots(std::size_t count);

    const BucketOptions buckets_;
    prometheus::Registry registry_;
    std::map<std::string_view, Family> families_;
    mutable std::mutex mutex_;  // of the series in them; no I/O thread takes it

    // Those of one call lie together, and apart from what it seldom needs: a call touches many of them.
    std::deque<Series> series_;
    std::pmr::monotonic_buffer_resource slots_;
};

}  // namespace tokenweir::metrics
