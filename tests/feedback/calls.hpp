/// Calls for the tests of feedback, and a sink that keeps what is evaluated.
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "observation/call_sink.hpp"
#include "observation/evaluation.hpp"

namespace tokenweir::test {

inline constexpr WallTime began{std::chrono::seconds(1'800'000'000)};

/// A chat that took a second; `number` is in all of its ids.
inline LlmCall chat(std::uint8_t number, CallId id = CallIdSource().next(began)) {
    LlmCall call;
    call.id = id;
    call.trace = TraceContext{.trace_id = {9, number},
                              .span_id = {1, number},
                              .parent_span_id = {2, number},
                              .sampled = true,
                              .server_span_id = {3, number},
                              .tracestate = "a=b"};
    call.route = "openai";
    call.operation = "chat";
    call.provider = "openai";
    call.request_model = "m";
    call.response_id = "resp_" + std::to_string(number);
    call.generation = true;
    call.timings.started_at = began;
    call.timings.started = Instant(std::chrono::hours(1));
    call.timings.ended = call.timings.started + std::chrono::seconds(1);
    return call;
}

inline FinishedCall finished(LlmCall call) { return std::make_shared<const LlmCall>(std::move(call)); }

class Evaluations final : public EvaluationSink {
public:
    Evaluations() { all_.reserve(1000); }

    void consume(const SharedEvaluation& evaluation) noexcept override {
        const std::lock_guard lock(mutex_);
        all_.push_back(evaluation);
    }
    std::vector<Evaluation> all() const {
        const std::lock_guard lock(mutex_);
        std::vector<Evaluation> all;
        for (const SharedEvaluation& evaluation : all_) all.push_back(*evaluation);
        return all;
    }

private:
    mutable std::mutex mutex_;
    std::vector<SharedEvaluation> all_;
};

}  // namespace tokenweir::test
