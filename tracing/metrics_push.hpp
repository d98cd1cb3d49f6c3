/// Sends all metrics to a back end, again and again: cumulative ones, so that each push makes up for those that failed.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "observation/clock.hpp"
#include "observation/metric_source.hpp"
#include "observation/push_counters.hpp"
#include "tracing/delivery.hpp"
#include "tracing/export_format.hpp"
#include "tracing/export_transport.hpp"

namespace tokenweir::tracing {

struct MetricsPushOptions {
    std::chrono::milliseconds interval{60'000};
    std::chrono::milliseconds timeout{10'000};   ///< of one request
    std::chrono::milliseconds drain_time{5000};  ///< how long the destructor may take
    std::chrono::milliseconds first_pause{1000}, longest_pause{30'000};
    std::size_t max_batch_bytes = std::size_t{1} << 20;  ///< before compression
    bool gzip = false;

    /// The back end may not know metrics, and need not: it is not asked again once it has said so.
    bool optional = false;

    /// Says when pushes begin to fail and when they arrive again, on the thread of this. Empty: on standard error.
    std::function<void(std::string_view)> say{};
};

class MetricsPush {
public:
    /// `source` and `counters`, where each push is counted, must outlive this. `start`: since when `source` counts.
    MetricsPush(MetricsPushOptions options, const MetricSource& source, PushCounters& counters, WallTime start,
                std::unique_ptr<MetricsFormat> format, std::unique_ptr<ExportTransport> transport);

    /// Pushes once more, as far as drain_time allows.
    ~MetricsPush();

    MetricsPush(const MetricsPush&) = delete;
    MetricsPush& operator=(const MetricsPush&) = delete;

private:
    /// The answer to the first request that was not taken, or to the last one; and what all of them rejected.
    struct Pushed {
        ExportAnswer answer{.status = 200};
        PartialSuccess partial{};
        bool out_of_memory = false;
    };

    void run();
    bool wait_until(Instant instant);
    Pushed push();
    void post(std::string_view pieces, Pushed& pushed);
    PushResult result_of(const Pushed& pushed) const noexcept;
    void report(const Pushed& pushed);
    void say(const std::string& what) const;

    const MetricsPushOptions options_;
    const MetricSource& source_;
    PushCounters& counters_;
    const std::uint64_t start_;  // nanoseconds since 1970
    const std::unique_ptr<MetricsFormat> format_;
    const std::unique_ptr<ExportTransport> transport_;

    std::mutex mutex_;  // guards what follows
    std::condition_variable wake_;
    bool stopping_ = false;
    Instant stop_by_ = Instant::max();

    // The thread's own.
    std::size_t batch_bytes_;  // shrinks where a back end finds requests too large
    bool failing_ = false;

    std::thread thread_;  // last: it uses all of the above
};

}  // namespace tokenweir::tracing
