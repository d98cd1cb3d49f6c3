/// A call as one JSON object: the record that the call log, the store and the dashboard read. Keys: docs/call-log.md.
#pragma once

#include <string>

#include "observation/llm_call.hpp"

namespace tokenweir::tracing {

/// Appends the object, without a line break. What the wire did not say has no key. About a microsecond.
void append_record_json(std::string& out, const LlmCall& call);

}  // namespace tokenweir::tracing
