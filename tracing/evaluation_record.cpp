#include "tracing/evaluation_record.hpp"

#include <algorithm>
#include <string_view>

#include "tracing/attribute_sink.hpp"
#include "tracing/json_object.hpp"

namespace tokenweir::tracing {
namespace {

constexpr std::string_view event_name = "gen_ai.evaluation.result";

/// To a JsonObject or to an AttributeSink.
template <class Object>
void add_members(Object& object, const Evaluation& evaluation) {
    const auto text = [&](Key key, std::string_view value) {
        if (!value.empty()) object.text(key, value);
    };
    const EvaluatedCall& call = evaluation.call;
    text("tokenweir.call.id", call.id.view());
    text("tokenweir.route", call.route);
    text("gen_ai.operation.name", call.operation);
    text("gen_ai.provider.name", call.provider);
    text("gen_ai.request.model", call.model);
    text("gen_ai.response.id", call.response_id);
    text("gen_ai.evaluation.name", evaluation.name);
    if (evaluation.score) object.number("gen_ai.evaluation.score.value", *evaluation.score);
    text("gen_ai.evaluation.score.label", evaluation.label);
    text("gen_ai.evaluation.explanation", evaluation.explanation);
    text("tokenweir.evaluation.source", name_of(evaluation.source));
}

}  // namespace

void append_evaluation_json(std::string& out, const Evaluation& evaluation) {
    JsonObject object(out);
    object.time("time", evaluation.time);
    object.text("event.name", event_name);
    if (const auto& trace = evaluation.call.trace) {
        const auto trace_id = to_hex(trace->trace_id);
        const auto span_id = to_hex(trace->span_id);
        object.text("trace_id", {trace_id.data(), trace_id.size()});
        object.text("span_id", {span_id.data(), span_id.size()});
    }
    add_members(object, evaluation);
    object.close();
}

LogRecord log_record_of(const Evaluation& evaluation) {
    constexpr std::int64_t info = 9;
    const std::chrono::nanoseconds since_1970 = evaluation.time.time_since_epoch();
    const auto time = static_cast<UnixNanos>(std::max<std::int64_t>(since_1970.count(), 0));
    LogRecord record{.time = time,
                     .observed = time,
                     .severity_number = info,
                     .severity_text = "INFO",
                     .event_name = event_name,
                     .body = "evaluation " + evaluation.name,
                     .trace = evaluation.call.trace ? &*evaluation.call.trace : nullptr};
    if (!evaluation.label.empty()) record.body.append(": ").append(evaluation.label);
    return record;
}

void add_attributes(AttributeSink& sink, const Evaluation& evaluation) { add_members(sink, evaluation); }

}  // namespace tokenweir::tracing
