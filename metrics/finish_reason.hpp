/// Why a model stopped, in words that are the same for all providers.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tokenweir::metrics {

enum class FinishReason : std::uint8_t {
    stop,            ///< the model had said what it had to say, or met a stop sequence
    length,          ///< the limit of tokens, the client's or the model's, was reached
    tool_calls,      ///< it waits for the result of a tool
    content_filter,  ///< the answer was withheld or cut by a filter or a refusal
    error,           ///< the provider failed
    other            ///< anything else, including words that appear tomorrow
};

inline constexpr std::array<std::string_view, 6> finish_reason_names{"stop",           "length", "tool_calls",
                                                                     "content_filter", "error",  "other"};

/// `raw` is the provider's word; case does not matter.
FinishReason finish_reason_of(std::string_view raw) noexcept;

/// The word says that the model's context window, not the client's limit, ended the answer.
bool is_context_exceeded(std::string_view raw) noexcept;

}  // namespace tokenweir::metrics
