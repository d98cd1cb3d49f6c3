/// Where the latest exemplar of a number is kept, and found again.
#pragma once

#include <prometheus/client_metric.h>

#include <atomic>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "metrics/try_lock.hpp"
#include "observation/metric_source.hpp"

namespace tokenweir::metrics {

/// The latest example of a counter or of one bucket.
class ExemplarSlot {
public:
    static constexpr double lifetime = 1;  ///< seconds for which one stands before the next may take its place
    static constexpr double never = -std::numeric_limits<double>::infinity();

    /// Any thread, without waiting: one that comes too early, or meets another one, is left out. Returns the time of
    /// the one that is there.
    double offer(const Exemplar& exemplar) noexcept {
        const double last = time_.load(std::memory_order_relaxed);
        if (exemplar.time >= last && exemplar.time < last + lifetime) return last;
        const std::unique_lock lock(lock_, std::try_to_lock);
        if (!lock) return last;
        exemplar_ = exemplar;
        time_.store(exemplar.time, std::memory_order_relaxed);
        return exemplar.time;
    }

    /// Any thread.
    std::optional<Exemplar> read() const noexcept {
        if (time_.load(std::memory_order_relaxed) == never) return std::nullopt;
        const std::lock_guard lock(lock_);
        return exemplar_;
    }

private:
    mutable TryLock lock_;
    std::atomic<double> time_{never};  // of exemplar_
    Exemplar exemplar_;
};

class ExemplarSource {
public:
    virtual ~ExemplarSource() = default;

    /// The slots of a time series that was collected: one for a counter, one for each bucket of a histogram. nullptr:
    /// it has none. Valid as long as the source. Any thread.
    virtual const ExemplarSlot* exemplars(const std::string& family,
                                          const std::vector<prometheus::ClientMetric::Label>& labels) const = 0;
};

}  // namespace tokenweir::metrics
