/// Delivers finished calls to one back end: a bounded queue, batches, retries, and a spool on disk if there is one.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "observation/call_sink.hpp"
#include "observation/evaluation.hpp"
#include "observation/sink_statistics.hpp"
#include "tracing/delivery.hpp"
#include "tracing/export_format.hpp"
#include "tracing/export_transport.hpp"
#include "tracing/record.hpp"
#include "tracing/spent_records.hpp"
#include "tracing/spool.hpp"

namespace tokenweir::tracing {

struct ExporterOptions {
    std::string_view name{};  ///< of the sink, static text; at most 12 bytes, for its thread has it too
    std::size_t max_queue_bytes = std::size_t{64} << 20;  ///< beside 2 MB of small records that wait to be freed
    std::size_t max_queue_records = SIZE_MAX;
    std::size_t max_batch_records = 512;
    std::size_t max_batch_bytes = std::size_t{1} << 20;  ///< before compression; a larger record goes alone
    std::chrono::milliseconds interval{5000};            ///< between two looks into the queue
    std::chrono::milliseconds timeout{10'000};           ///< of one request
    std::chrono::milliseconds give_up{0};                ///< how long a batch is tried again for; 0: until it fits
    std::chrono::milliseconds drain_time{5000};          ///< how long the destructor may take
    std::chrono::milliseconds first_pause{1000}, longest_pause{30'000};
    bool gzip = false;
    std::string spool_directory{};  ///< empty: none
    std::size_t max_spool_bytes = 0;

    /// The back end may not know such records, and need not: it is not asked again once it has said so.
    bool optional = false;

    /// Which calls are for this back end; empty: all.
    std::function<bool(const LlmCall&)> wanted{};

    /// Says what goes wrong, and that it goes well again: on the exporter's thread, at most once a minute, and at
    /// the end. Empty: on standard error.
    std::function<void(std::string_view)> say{};
};

class Exporter final : public CallSink, public EvaluationSink, public SinkAccount {
public:
    /// Throws std::system_error when the spool cannot be used.
    Exporter(ExporterOptions options, std::unique_ptr<ExportFormat> format, std::unique_ptr<ExportTransport> transport);

    /// Delivers what is queued, or spools it, as far as drain_time allows. Requires: nobody consumes any more.
    ~Exporter() override;

    Exporter(const Exporter&) = delete;
    Exporter& operator=(const Exporter&) = delete;

    /// Queues the call, or drops it when the queue is full. No system call unless a batch is full.
    void consume(const FinishedCall& call) noexcept override;

    /// The same for an evaluation, if the format has a place for it.
    void consume(const SharedEvaluation& evaluation) noexcept override;

    /// A record is a call or an evaluation. `queued` includes the spool; `restored` are those that an earlier process
    /// has spooled.
    SinkStatistics statistics() const override;

private:
    static constexpr std::size_t largest_spent = 4096;  // bytes; a larger record is freed as soon as it is written
    static constexpr std::size_t max_spent = 512;

    enum Drop : std::size_t {
        queue_full,
        refused,
        too_large,
        gave_up,
        spool_full,
        spool_failed,
        shutdown,
        out_of_memory,
        drop_count
    };

    struct Queued {
        Record record;
        std::size_t memory = 0;
    };

    /// Calls that have been written, one behind the other.
    struct Batch {
        Protobuf pieces;
        std::vector<std::size_t> ends;  // of each call in `pieces`
        std::size_t memory = 0;         // that the calls took in the queue
        std::vector<Spent> spent;       // at most max_spent, for which there is room

        void clear() noexcept {
            pieces.clear();
            ends.clear();
            memory = 0;
            spent.clear();
        }
    };

    void enqueue(Record record, bool is_for_us) noexcept;
    void run();
    void work(std::vector<Queued>& records);
    void write(std::vector<Queued>& records);
    void deliver_batch();
    void deliver(std::string_view pieces, const std::vector<std::size_t>& ends);
    bool send_until_settled(const Payload& payload, std::size_t records);
    void split(std::string_view pieces, const std::vector<std::size_t>& ends);
    void spool(const Payload& payload, std::size_t records);
    void empty_spool();
    Verdict send(const Payload& payload, std::size_t records);
    void settle(std::size_t written, std::size_t dropped, Drop reason);
    void hand_back() noexcept;
    bool wait_until(Instant instant);
    bool out_of_time() const;
    void report(Instant now);
    void say(const std::string& what) const;

    const ExporterOptions options_;
    const std::unique_ptr<ExportFormat> format_;
    const std::unique_ptr<ExportTransport> transport_;

    mutable std::mutex mutex_;  // guards what follows, never held during I/O
    std::condition_variable wake_;
    std::vector<Queued> queue_;
    SpentRecords spent_{max_spent};  // small ones: freed by those that made them, one for each new one
    std::size_t memory_ = 0;         // of the calls queued and in hand
    std::uint64_t in_hand_ = 0;      // taken from the queue, neither written nor dropped yet
    std::uint64_t spooled_ = 0, restored_ = 0, written_ = 0;
    std::array<std::uint64_t, drop_count> dropped_{};
    std::uint64_t unsampled_ = 0, unsupported_records_ = 0;  // declined
    bool unsupported_ = false;                               // the back end does not know such records
    bool stopping_ = false;
    Instant stop_by_{};

    // The thread's own.
    Batch batch_;
    Payload payload_;  // of the request that is being sent; like the batch, memory that is used again
    std::optional<Spool> spool_;
    Backoff backoff_;
    Instant retry_at_{};      // not before this
    bool failing_ = false;    // the last attempt got no answer that settles anything
    std::string last_error_;  // not said yet
    std::uint64_t reported_drops_ = 0;
    bool said_failing_ = false;
    Instant next_report_{};

    std::thread thread_;  // last: it uses all of the above
};

}  // namespace tokenweir::tracing
