/// What an OTLP back end answers in JSON.
#pragma once

#include <string_view>

#include "tracing/export_format.hpp"

namespace tokenweir::tracing {

/// Reads `partialSuccess`; its count, named `rejected_key`, may be a number or text. Anything else rejects nothing.
PartialSuccess read_otlp_json_answer(std::string_view body, std::string_view rejected_key);

}  // namespace tokenweir::tracing
