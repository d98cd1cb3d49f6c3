/// What a client's behaviour says of an answer: it is asked for once more, or left in the middle.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <unordered_map>
#include <vector>

#include "observation/evaluation.hpp"
#include "observation/feedback_options.hpp"

namespace tokenweir::feedback {

/// Bounded in memory: it remembers the last `max_prompts` prompts, as keyed hashes. One thread at a time.
class ImplicitSignals {
public:
    static constexpr std::size_t max_prompts = 20'000;

    explicit ImplicitSignals(const FeedbackOptions& options)
        : regenerate_(options.regenerate), abort_(options.abort), window_(options.regenerate_window) {}

    /// The evaluations that this call is the occasion of. Calls come in the order in which they ended. Throws
    /// std::bad_alloc; then this call may say nothing of the next ones.
    std::vector<Evaluation> consider(const LlmCall& call);

private:
    struct Answer {
        EvaluatedCall call;
        Instant ended;
        std::uint64_t prompt;
    };

    std::optional<Evaluation> regenerated(const LlmCall& call);

    const bool regenerate_, abort_;
    const std::chrono::milliseconds window_;
    std::deque<Answer> answers_;                               // by their end
    std::unordered_map<std::uint64_t, std::uint64_t> latest_;  // prompt to the number of its last answer
    std::uint64_t first_ = 0;                                  // number of the first answer in the deque
};

}  // namespace tokenweir::feedback
