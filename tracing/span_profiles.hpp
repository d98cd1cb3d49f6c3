/// Attributes of the GenAI span that a back end reads beside, or instead of, those of OpenTelemetry.
#pragma once

#include "observation/llm_call.hpp"
#include "observation/telemetry_options.hpp"
#include "tracing/attribute_sink.hpp"

namespace tokenweir::tracing {

/// Adds nothing where the call is no generation. openinference: https://github.com/Arize-ai/openinference (spec,
/// semantic_conventions.md). langfuse: https://langfuse.com/integrations/native/opentelemetry (property mapping).
void add_profile(AttributeSink& out, const LlmCall& call, TraceProfile profile);

}  // namespace tokenweir::tracing
