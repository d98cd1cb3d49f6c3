/// The path of a call with the parts that clients choose taken out, as span names and http.route demand.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "observation/llm_call.hpp"

namespace tokenweir::tracing {

/// Remembers the last one, since the next call has mostly the same path. For one thread.
class HttpRoutes {
public:
    using Routes = std::vector<std::pair<std::string, std::string>>;

    /// `routes`: names and prefixes; they must outlive it.
    explicit HttpRoutes(const Routes& routes) noexcept : routes_(routes) {}

    /// "/openai/v1/models/{id}", until the next call of this. Empty where the path is not that of a known API: there
    /// everything in it is the client's choice.
    std::string_view of(const LlmCall& call);

private:
    const Routes& routes_;
    std::string route_, path_, http_route_;  // of the last call
};

}  // namespace tokenweir::tracing
