#include "metrics/call_metrics.hpp"

#include <prometheus/metric_family.h>
#include <pthread.h>

#include <condition_variable>
#include <mutex>
#include <new>
#include <thread>
#include <utility>

#include "metrics/call_recorder.hpp"

namespace tokenweir::metrics {

/// Calls whose series do not exist yet, and the thread that creates them.
class CallBacklog {
public:
    CallBacklog(CallRecorder& recorder, std::size_t max_bytes)
        : recorder_(recorder), max_bytes_(max_bytes), thread_([this] { run(); }) {
        ::pthread_setname_np(thread_.native_handle(), "tw-metrics");
    }

    ~CallBacklog() {
        {
            const std::lock_guard lock(mutex_);
            stopping_ = true;
        }
        wake_.notify_one();
        thread_.join();
    }

    void push(const FinishedCall& call) noexcept try {
        const std::size_t bytes = memory_of(*call);
        const std::lock_guard lock(mutex_);
        if (bytes_ + bytes > max_bytes_) {
            ++queue_full_;
            return;
        }
        waiting_.push_back(call);
        bytes_ += bytes;
        if (waiting_.size() == 1) wake_.notify_one();
    } catch (const std::bad_alloc&) {
        const std::lock_guard lock(mutex_);
        ++out_of_memory_;
    }

    /// Counts everything that was pushed before. Any thread.
    void settle() {
        const std::lock_guard work(work_mutex_);  // also waits for a batch that another thread has begun
        std::vector<FinishedCall> batch;
        {
            const std::lock_guard lock(mutex_);
            batch.swap(waiting_);
            in_hand_ = batch.size();
        }
        std::size_t bytes = 0, failed = 0;
        for (const FinishedCall& call : batch) {
            bytes += memory_of(*call);
            if (!recorded(*call)) ++failed;
        }
        const std::lock_guard lock(mutex_);
        bytes_ -= bytes;
        in_hand_ = 0;
        written_ += batch.size() - failed;
        out_of_memory_ += failed;
    }

    void account(SinkStatistics& statistics) const {
        const std::lock_guard lock(mutex_);
        statistics.written += written_;
        statistics.queued += waiting_.size() + in_hand_;
        statistics.dropped = {{"queue_full", queue_full_}, {"out_of_memory", out_of_memory_}};
    }

private:
    bool recorded(const LlmCall& call) noexcept try {
        recorder_.record(call);
        return true;
    } catch (const std::bad_alloc&) {
        return false;
    }

    void run() {
        std::unique_lock lock(mutex_);
        while (true) {
            wake_.wait(lock, [&] { return stopping_ || !waiting_.empty(); });
            if (waiting_.empty()) return;
            lock.unlock();
            settle();
            lock.lock();
        }
    }

    CallRecorder& recorder_;
    const std::size_t max_bytes_;
    std::mutex work_mutex_;     // held while series are created; taken before mutex_
    mutable std::mutex mutex_;  // guards what follows, never held for long
    std::condition_variable wake_;
    std::vector<FinishedCall> waiting_;
    std::size_t in_hand_ = 0;  // taken out of waiting_ and not counted yet
    std::size_t bytes_ = 0;    // of both
    std::uint64_t written_ = 0, queue_full_ = 0, out_of_memory_ = 0;
    bool stopping_ = false;
    std::thread thread_;  // last: it uses all of the above
};

CallMetrics::CallMetrics(const CallMetricsOptions& options)
    : recorder_(std::make_unique<CallRecorder>(options)),
      backlog_(std::make_unique<CallBacklog>(*recorder_, options.max_queue_bytes)) {}

CallMetrics::~CallMetrics() = default;

void CallMetrics::consume(const FinishedCall& call) noexcept {
    if (!recorder_->record_known(*call)) backlog_->push(call);
}

SinkStatistics CallMetrics::statistics() const {
    SinkStatistics statistics{.name = "metrics", .written = recorder_->known()};
    backlog_->account(statistics);
    return statistics;
}

std::vector<prometheus::MetricFamily> CallMetrics::Collect() const {
    backlog_->settle();
    return recorder_->collect(std::chrono::steady_clock::now());
}

const ExemplarSlot* CallMetrics::exemplars(const std::string& family,
                                           const std::vector<prometheus::ClientMetric::Label>& labels) const {
    return recorder_->exemplars(family, labels);
}

}  // namespace tokenweir::metrics
