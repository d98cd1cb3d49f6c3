/// The path of a call with the parts that clients choose taken out, as span names and http.route demand.
#pragma once

#include <span>
#include <string>
#include <utility>

#include "observation/llm_call.hpp"

namespace tokenweir::tracing {

/// "/openai/v1/models/{id}". `routes`: names and prefixes. Empty where the path is not that of a known API: there
/// everything in it is the client's choice.
std::string http_route(const LlmCall& call, std::span<const std::pair<std::string, std::string>> routes);

}  // namespace tokenweir::tracing
