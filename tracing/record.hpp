/// What goes through the queues of the exporters: a finished call, or an evaluation of one.
#pragma once

#include <cstddef>
#include <variant>

#include "observation/call_sink.hpp"
#include "observation/evaluation.hpp"

namespace tokenweir::tracing {

using Record = std::variant<FinishedCall, SharedEvaluation>;

/// Bytes that it keeps alive. Requires: it still holds something.
inline std::size_t memory_of(const Record& record) noexcept {
    return std::visit([](const auto& held) { return tokenweir::memory_of(*held); }, record);
}

}  // namespace tokenweir::tracing
