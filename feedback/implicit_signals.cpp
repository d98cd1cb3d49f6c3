#include "feedback/implicit_signals.hpp"

#include <functional>
#include <string_view>

namespace tokenweir::feedback {
namespace {

/// Equal prompts of different people are not the same question asked again.
std::uint64_t prompt_of(const LlmCall& call) noexcept {
    std::uint64_t hash = call.prompt_hash;
    for (const std::string_view part :
         {std::string_view(call.route), std::string_view(call.conversation_id), std::string_view(call.enduser_id),
          std::string_view(call.api_key_hash), std::string_view(call.client_address)})
        hash = (hash ^ std::hash<std::string_view>{}(part)) * 0x9E3779B97F4A7C15;
    return hash;
}

WallTime wall_time(const LlmCall& call, Instant instant) {
    return call.timings.started_at + std::chrono::duration_cast<WallTime::duration>(instant - call.timings.started);
}

/// Embeddings of the same text are wanted again for other reasons.
bool is_conversation(const LlmCall& call) noexcept {
    return call.operation == "chat" || call.operation == "text_completion";
}

/// Whether somebody saw enough of an answer to be unhappy with it.
bool has_answered(const LlmCall& call) noexcept {
    return call.outcome == Outcome::ok || call.outcome == Outcome::cancelled_mid_stream;
}

}  // namespace

std::vector<Evaluation> ImplicitSignals::consider(const LlmCall& call) {
    std::vector<Evaluation> found;
    if (!is_conversation(call)) return found;
    if (abort_ && call.outcome == Outcome::cancelled_mid_stream)
        found.push_back({.time = wall_time(call, call.timings.ended),
                         .source = EvaluationSource::implicit,
                         .name = "abort",
                         .label = "aborted",
                         .call = evaluated(call)});
    if (regenerate_ && call.prompt_hash != 0)
        if (auto evaluation = regenerated(call)) found.push_back(std::move(*evaluation));
    return found;
}

/// An SDK's own retry says nothing, nor does a request that was under way when the other one came: several answers
/// were wanted then.
std::optional<Evaluation> ImplicitSignals::regenerated(const LlmCall& call) {
    const std::uint64_t prompt = prompt_of(call);
    std::optional<Evaluation> found;
    if (const auto known = latest_.find(prompt); known != latest_.end() && call.client_retry_count.value_or(0) == 0) {
        const Answer& answer = answers_[known->second - first_];
        const Duration since = call.timings.started - answer.ended;
        if (since >= Duration::zero() && since <= window_)
            found = Evaluation{.time = call.timings.started_at,
                               .source = EvaluationSource::implicit,
                               .name = "regenerate",
                               .label = "regenerated",
                               .call = answer.call};
    }
    while (!answers_.empty() &&
           (answers_.size() >= max_prompts || call.timings.ended - answers_.front().ended > window_)) {
        if (const auto known = latest_.find(answers_.front().prompt); known != latest_.end() && known->second == first_)
            latest_.erase(known);
        answers_.pop_front();
        ++first_;
    }
    if (has_answered(call)) {
        answers_.push_back({.call = evaluated(call), .ended = call.timings.ended, .prompt = prompt});
        latest_[prompt] = first_ + answers_.size() - 1;  // last: without memory nothing points to what is not there
    }
    return found;
}

}  // namespace tokenweir::feedback
