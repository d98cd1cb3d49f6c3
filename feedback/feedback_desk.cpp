#include "feedback/feedback_desk.hpp"

#include <pthread.h>

#include <chrono>
#include <memory>
#include <new>
#include <utility>

#include "tracing/traceparent.hpp"

namespace tokenweir::feedback {
namespace {

constexpr std::chrono::milliseconds interval{100};
constexpr std::size_t kept_capacity = 1024;  // of a list of ended calls, between two looks

TraceContext context_of(std::string_view traceparent) {
    const auto parent = tracing::parse_traceparent(traceparent);
    return {.trace_id = parent->trace_id,
            .span_id = parent->span_id,
            .sampled = parent->sampled.value_or(false),
            .random = parent->random};
}

}  // namespace

FeedbackDesk::FeedbackDesk(const FeedbackOptions& options, EvaluationSink& sink)
    : options_(options), sink_(sink), index_(options.index_bytes), signals_(options) {
    thread_ = std::thread([this] { run(); });
    ::pthread_setname_np(thread_.native_handle(), "tw-feedback");
}

FeedbackDesk::~FeedbackDesk() {
    {
        const std::lock_guard lock(pending_mutex_);
        stopping_ = true;
        pace_.hurry();
    }
    thread_.join();
}

void FeedbackDesk::consume(const FinishedCall& call) noexcept try {
    if (!call->generation) {
        unindexed_.add(call->id);
        declined_.fetch_add(1, std::memory_order_relaxed);
        return;
    }
    Ended ended{.call = evaluated(*call), .at = call->timings.ended, .whole = {}};
    if (options_.regenerate || options_.abort) ended.whole = call;
    const std::lock_guard lock(pending_mutex_);
    if (pending_.size() == max_pending) {
        unindexed_.add(call->id);
        ++queue_full_;
        return;
    }
    pending_.push_back(std::move(ended));
    pace_.rouse();
} catch (const std::bad_alloc&) {
    unindexed_.add(call->id);
    const std::lock_guard lock(pending_mutex_);
    ++out_of_memory_;
}

void FeedbackDesk::run() noexcept {
    while (rest()) {
        const std::lock_guard lock(work_mutex_);
        settle();
        let_go(std::chrono::system_clock::now());
    }
    const std::lock_guard lock(work_mutex_);
    settle();
    let_go(WallTime::max());
}

/// False: this is about to end.
bool FeedbackDesk::rest() noexcept {
    std::unique_lock lock(pending_mutex_);
    pace_.rest(
        lock, interval, [&] { return stopping_; }, [&] { return pending_.empty() && !holding_; });
    return !stopping_;
}

void FeedbackDesk::settle() noexcept {
    {
        const std::lock_guard lock(pending_mutex_);
        taken_.swap(pending_);
        in_hand_ = taken_.size();
    }
    std::uint64_t lost = 0;
    for (Ended& ended : taken_)
        if (!take(ended)) ++lost;
    taken_.clear();
    if (taken_.capacity() > kept_capacity)
        std::vector<Ended>().swap(taken_);  // an empty assignment would keep its memory
    const std::lock_guard lock(pending_mutex_);
    written_ += std::exchange(in_hand_, 0) - lost;
    out_of_memory_ += lost;
}

/// False: there is no memory for it. What is held for it goes out all the same, if only with the call's id.
bool FeedbackDesk::take(Ended& ended) noexcept try {
    for (auto [held, last] = held_.equal_range(ended.call.id.view()); held != last; held = held_.erase(held)) {
        EvaluatedCall copy = ended.call;  // all of it or nothing
        held->second.evaluation->call = std::move(copy);
        sink_.consume(std::move(held->second.evaluation));
    }
    if (ended.whole)
        for (Evaluation& evaluation : signals_.consider(*ended.whole)) emit(std::move(evaluation));
    index_.add(std::move(ended.call), ended.at);
    return true;
} catch (const std::bad_alloc&) {
    unindexed_.add(ended.call.id);
    return false;
}

/// Feedback whose call did not end in time, or is not in the index, still has the call's id.
void FeedbackDesk::let_go(WallTime now) noexcept {
    std::erase_if(held_, [&](auto& entry) {
        const bool is_over = entry.second.until <= now || unindexed_.contains(entry.first);
        if (is_over) sink_.consume(std::move(entry.second.evaluation));
        return is_over;
    });
    const std::lock_guard lock(pending_mutex_);
    holding_ = !held_.empty();
}

void FeedbackDesk::emit(Evaluation evaluation) {
    sink_.consume(std::make_shared<const Evaluation>(std::move(evaluation)));
}

Receipt FeedbackDesk::submit(const FeedbackRequest& request, WallTime now, bool may_be_early) {
    Evaluation evaluation{.time = now,
                          .source = EvaluationSource::feedback,
                          .name = request.name,
                          .score = request.score,
                          .label = request.label,
                          .explanation = options_.record_comments ? request.comment : std::string()};
    const std::lock_guard lock(work_mutex_);
    settle();
    Receipt receipt = find_and_record(request, std::move(evaluation), now);
    if (receipt.result == Receipt::Result::unknown && may_be_early) return {.result = Receipt::Result::early};
    ++results_[static_cast<std::size_t>(receipt.result)];
    return receipt;
}

Receipt FeedbackDesk::record(Evaluation evaluation, const EvaluatedCall& call) {
    evaluation.call = call;
    emit(std::move(evaluation));
    return {.result = Receipt::Result::recorded, .call = call};
}

Receipt FeedbackDesk::find_and_record(const FeedbackRequest& request, Evaluation evaluation, WallTime now) {
    switch (request.subject_kind) {
        case SubjectKind::response_id:
            if (const EvaluatedCall* call = index_.by_response_id(request.subject))
                return record(std::move(evaluation), *call);
            return {.result = Receipt::Result::unknown};
        case SubjectKind::traceparent: {
            const TraceContext context = context_of(request.subject);
            if (const EvaluatedCall* call = index_.by_span(context.trace_id, context.span_id))
                return record(std::move(evaluation), *call);
            return record(std::move(evaluation), {.trace = context});  // says enough by itself
        }
        case SubjectKind::call_id: break;
    }
    if (const EvaluatedCall* call = index_.by_call_id(request.subject)) return record(std::move(evaluation), *call);
    const auto began = time_of_own(request.subject);
    if (!began) return {.result = Receipt::Result::unknown};
    const EvaluatedCall call{.id = *to_call_id(request.subject)};
    if (now - *began > options_.hold || unindexed_.contains(request.subject))
        return record(std::move(evaluation), call);
    if (held_.count(request.subject) >= max_held_per_call) return {.result = Receipt::Result::call_full, .call = call};
    if (held_.size() >= max_held) return {.result = Receipt::Result::full, .call = call};
    evaluation.call = call;
    held_.emplace(request.subject, Held{.evaluation = std::make_shared<Evaluation>(std::move(evaluation)),
                                        .until = now + options_.hold});
    const std::lock_guard lock(pending_mutex_);
    holding_ = true;
    pace_.rouse();
    return {.result = Receipt::Result::held, .call = call};
}

SinkStatistics FeedbackDesk::statistics() const {
    const std::lock_guard lock(pending_mutex_);
    return {.name = "feedback",
            .written = written_,
            .dropped = {{"queue_full", queue_full_}, {"out_of_memory", out_of_memory_}},
            .queued = pending_.size() + in_hand_,
            .declined = {{"no_generation", declined_.load(std::memory_order_relaxed)}}};
}

FeedbackStatistics FeedbackDesk::feedback_statistics() const {
    const std::lock_guard lock(work_mutex_);
    FeedbackStatistics statistics{.requests = {{"recorded", results_[0]},
                                               {"held", results_[1]},
                                               {"unknown", results_[2]},
                                               {"refused", results_[3] + results_[4]},
                                               {"invalid", invalid_.load(std::memory_order_relaxed)}},
                                  .held = held_.size(),
                                  .indexed = index_.size()};
    if (const auto oldest = index_.oldest()) statistics.index_age = Instant::clock::now() - *oldest;
    return statistics;
}

}  // namespace tokenweir::feedback
