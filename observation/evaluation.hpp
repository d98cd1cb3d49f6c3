/// What somebody, or something, thinks of a call's answer: `gen_ai.evaluation.result` of OpenTelemetry's conventions.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "observation/call_id.hpp"
#include "observation/clock.hpp"
#include "observation/llm_call.hpp"
#include "observation/trace_context.hpp"

namespace tokenweir {

enum class EvaluationSource : std::uint8_t {
    feedback,  ///< an app said it
    implicit   ///< it shows in what a client did
};

inline constexpr std::array<std::string_view, 2> evaluation_source_names{"feedback", "implicit"};

constexpr std::string_view name_of(EvaluationSource source) noexcept {
    return evaluation_source_names[static_cast<std::size_t>(source)];
}

/// What is remembered of a call, so that it can be evaluated later. What is not known is absent.
struct EvaluatedCall {
    CallId id{};
    std::optional<TraceContext> trace{};  ///< the ids and flags alone; span_id is the span that is evaluated
    std::string response_id{};
    std::string route{}, operation{}, provider{}, model{};

    bool operator==(const EvaluatedCall&) const = default;
};

inline EvaluatedCall evaluated(const LlmCall& call) {
    EvaluatedCall subject{.id = call.id,
                          .trace = call.trace,
                          .response_id = call.response_id,
                          .route = call.route,
                          .operation = call.operation,
                          .provider = call.provider,
                          .model = call.request_model};
    if (subject.trace) subject.trace->tracestate = {};
    return subject;
}

/// Has a score, a label or both.
struct Evaluation {
    WallTime time{};
    EvaluationSource source = EvaluationSource::feedback;
    std::string name{};             ///< what was looked at: "helpfulness"
    std::optional<double> score{};  ///< finite
    std::string label{};            ///< one of a few words: "good"
    std::string explanation{};      ///< somebody's own words
    EvaluatedCall call{};

    bool operator==(const Evaluation&) const = default;
};

using SharedEvaluation = std::shared_ptr<const Evaluation>;

/// Bytes that an evaluation keeps alive.
inline std::size_t memory_of(const Evaluation& evaluation) noexcept {
    const EvaluatedCall& call = evaluation.call;
    return sizeof(Evaluation) + evaluation.name.size() + evaluation.label.size() + evaluation.explanation.size() +
           call.response_id.size() + call.route.size() + call.operation.size() + call.provider.size() +
           call.model.size();
}

/// Where evaluations go.
class EvaluationSink {
public:
    virtual ~EvaluationSink() = default;

    /// Any thread; must not block, wait or throw.
    virtual void consume(const SharedEvaluation& evaluation) noexcept = 0;
};

}  // namespace tokenweir
