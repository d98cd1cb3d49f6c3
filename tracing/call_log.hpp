/// The call log: one JSON object per finished call and line, written by a thread of its own.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <vector>

#include "observation/call_sink.hpp"
#include "observation/clock.hpp"
#include "observation/evaluation.hpp"
#include "observation/sink_statistics.hpp"
#include "tracing/line_queue.hpp"
#include "tracing/log_file.hpp"
#include "tracing/log_rotation.hpp"
#include "tracing/pace.hpp"

namespace tokenweir::tracing {

struct CallLogOptions {
    std::string path = "-";                               ///< `-` is standard output
    std::size_t max_queue_bytes = std::size_t{64} << 20;  ///< lines that wait to be written
    RotationOptions rotation{};                           ///< of regular files
    std::chrono::milliseconds interval{100};              ///< between two looks into the queue, while records come
    std::chrono::milliseconds drain_time{5000};           ///< how long the destructor may wait for a slow reader

    /// Says that records are being dropped: on the log's thread, at most once a minute, and at the end. Empty: on
    /// standard error.
    std::function<void(std::string_view)> warn{};

    /// When a file is rotated. Empty: by the system's clock.
    std::function<WallTime()> now{};
};

class CallLog final : public CallSink, public EvaluationSink, public SinkAccount {
public:
    /// Opens the file; throws std::system_error.
    explicit CallLog(CallLogOptions options);

    /// Writes what is queued. Requires: nobody consumes any more.
    ~CallLog() override;

    CallLog(const CallLog&) = delete;
    CallLog& operator=(const CallLog&) = delete;

    /// Queues the call's line, or drops it when the queue is full: on an I/O thread a microsecond or two after the last
    /// byte of the call. No system call unless the thread had nothing to do, half a megabyte waits, or the queue is
    /// half full.
    void consume(const FinishedCall& call) noexcept override;

    /// The same for an evaluation, which becomes a line of its own.
    void consume(const SharedEvaluation& evaluation) noexcept override;

    /// The sink "call_log".
    SinkStatistics statistics() const override;

    /// Goes on in a new file of the same name, from the next whole line on. Any thread; does not wait for it.
    void reopen();

private:
    enum Drop : std::size_t { queue_full, no_space, broken_pipe, io_error, shutdown, out_of_memory, drop_count };

    template <class Append>
    void enqueue(Append append) noexcept;
    void push(std::string_view line);
    void run();
    void work(const LineQueue& batch, bool reopening);
    void finish();
    void reopen_file();
    void rotate(WallTime now);
    void count_rotation(bool succeeded);
    WallTime now() const;
    void begin_file();
    void write(const LineQueue& batch);
    void flush(std::size_t bytes);
    std::size_t send(Drop& reason);
    static Drop reason_of(const std::error_code& error) noexcept;
    bool out_of_time() const;
    void settle(std::size_t written, std::size_t dropped, Drop reason, std::size_t bytes);
    void warn_of_drops();
    void warn(const std::string& what);

    const CallLogOptions options_;
    const std::size_t wake_at_;

    mutable std::mutex mutex_;  // guards what follows, never held during I/O
    Pace pace_;
    LineQueue queue_;
    std::size_t bytes_ = 0;      // of the lines queued and in hand
    std::uint64_t in_hand_ = 0;  // taken from the queue, neither written nor dropped yet
    std::uint64_t written_ = 0;
    std::array<std::uint64_t, drop_count> dropped_{};
    std::uint64_t rotations_ = 0, failed_rotations_ = 0;
    bool reopen_wanted_ = false, stopping_ = false;
    Instant stop_by_{};

    // The thread's own.
    LogFile file_;
    LogRotation rotation_;
    std::string lines_;              // not in the file yet
    std::vector<std::size_t> ends_;  // of each line in `lines_`
    bool torn_ = false;              // the file ends inside a line, which `lines_` completes
    std::error_code last_error_;
    std::uint64_t reported_drops_ = 0;
    bool has_news_ = false;  // drops that have not been reported
    Instant next_warning_{};

    std::thread thread_;  // last: it uses all of the above
};

}  // namespace tokenweir::tracing
