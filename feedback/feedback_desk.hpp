/// Joins feedback with the calls that it is about: calls that have ended, and those that are still under way.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "feedback/call_index.hpp"
#include "feedback/ended_calls.hpp"
#include "feedback/feedback_request.hpp"
#include "feedback/implicit_signals.hpp"
#include "observation/call_sink.hpp"
#include "observation/evaluation.hpp"
#include "observation/feedback_options.hpp"
#include "observation/feedback_statistics.hpp"
#include "observation/sink_statistics.hpp"
#include "tracing/pace.hpp"

namespace tokenweir::feedback {

/// What became of feedback.
struct Receipt {
    enum class Result : std::uint8_t {
        recorded,   ///< it is on its way to the sinks
        held,       ///< its call has not ended
        unknown,    ///< nobody knows the call
        full,       ///< too much is held already
        call_full,  ///< too much is held for this call already
        early       ///< unknown, but worth another look; it is not counted
    };
    Result result = Result::recorded;
    EvaluatedCall call{};  ///< as far as it is known

    bool operator==(const Receipt&) const = default;
};

class FeedbackDesk final : public CallSink, public SinkAccount, public FeedbackAccount {
public:
    static constexpr std::size_t max_held = 10'000;
    static constexpr std::size_t max_held_per_call = 64;
    static constexpr std::size_t max_pending = 65'536;  ///< calls on their way into the index

    /// Evaluations go to `sink`, which outlives this.
    FeedbackDesk(const FeedbackOptions& options, EvaluationSink& sink);

    /// What is held goes out as it is. Requires: nobody consumes any more.
    ~FeedbackDesk() override;

    FeedbackDesk(const FeedbackDesk&) = delete;
    FeedbackDesk& operator=(const FeedbackDesk&) = delete;

    /// Queues a generation call for the index, which a thread of its own fills; declines all others. No system call
    /// unless that thread had nothing to do.
    void consume(const FinishedCall& call) noexcept override;

    /// Any thread; sees every call that was consumed before. Throws std::bad_alloc: nothing was taken.
    /// What is unknown is early instead if it `may_be_early`.
    Receipt submit(const FeedbackRequest& request, WallTime now, bool may_be_early = false);

    /// Feedback that could not be read.
    void count_invalid() noexcept { invalid_.fetch_add(1, std::memory_order_relaxed); }

    /// The sink "feedback": written are the calls that went into the index.
    SinkStatistics statistics() const override;
    FeedbackStatistics feedback_statistics() const override;

private:
    /// What is kept of a call that ended, so that the call itself is freed where it was made.
    struct Ended {
        EvaluatedCall call;
        Instant at;
        FinishedCall whole;  // for the implicit signals, if there are any
    };

    struct Held {
        std::shared_ptr<Evaluation> evaluation;  // made when it came: to let it go takes no memory
        WallTime until;
    };

    // The desk's thread outlives a lack of memory: it costs single calls their place in the index, and is counted.
    void run() noexcept;
    bool rest() noexcept;
    void settle() noexcept;  // requires work_mutex_
    bool take(Ended& ended) noexcept;
    void let_go(WallTime now) noexcept;
    Receipt record(Evaluation evaluation, const EvaluatedCall& call);
    void emit(Evaluation evaluation);
    Receipt find_and_record(const FeedbackRequest& request, Evaluation evaluation, WallTime now);

    const FeedbackOptions options_;
    EvaluationSink& sink_;

    mutable std::mutex pending_mutex_;  // of what follows, never held for long: I/O threads take it
    std::vector<Ended> pending_;
    std::uint64_t in_hand_ = 0, written_ = 0, queue_full_ = 0, out_of_memory_ = 0;
    std::atomic<std::uint64_t> declined_{0}, invalid_{0};
    EndedCalls unindexed_;
    bool holding_ = false;  // held_ is not empty
    bool stopping_ = false;
    tracing::Pace pace_;

    mutable std::mutex work_mutex_;  // of what follows; taken before pending_mutex_
    std::vector<Ended> taken_;       // of the pending ones; empty between two looks, its memory kept
    CallIndex index_;
    ImplicitSignals signals_;
    std::multimap<std::string, Held, std::less<>> held_;  // by call id
    std::array<std::uint64_t, 5> results_{};

    std::thread thread_;  // last: it uses all of the above
};

}  // namespace tokenweir::feedback
