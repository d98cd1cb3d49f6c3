/// What became of the pushes of metrics to a back end.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "observation/proxy_counters.hpp"

namespace tokenweir {

enum class PushResult : std::uint8_t {
    delivered,
    partial,      ///< the back end has rejected points
    unavailable,  ///< no answer, or one that asks to try again
    too_large,    ///< the back end wants smaller requests
    refused,      ///< it does not take them
    unsupported,  ///< it does not know metrics, and need not: the last push
    out_of_memory
};

inline constexpr std::array<std::string_view, 7> push_result_names{
    "delivered", "partial", "unavailable", "too_large", "refused", "unsupported", "out_of_memory"};

/// Written by the thread that pushes, by PushResult.
struct PushCounters {
    std::array<Tally, push_result_names.size()> pushes;

    void count(PushResult result) noexcept { pushes[static_cast<std::size_t>(result)].add(); }
};

}  // namespace tokenweir
