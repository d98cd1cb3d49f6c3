/// An evaluation as a line of the call log and as a log record of OpenTelemetry. Keys: docs/feedback.md.
#pragma once

#include <string>

#include "observation/evaluation.hpp"
#include "tracing/log_record.hpp"

namespace tokenweir::tracing {

/// Appends one JSON object without a line break. `event.name` tells it from a call's.
void append_evaluation_json(std::string& out, const Evaluation& evaluation);

/// The event `gen_ai.evaluation.result`, in the evaluated span. A view into `evaluation`.
LogRecord log_record_of(const Evaluation& evaluation);
void add_attributes(AttributeSink& sink, const Evaluation& evaluation);

}  // namespace tokenweir::tracing
