/// Whether two names of a model mean the same one.
#pragma once

#include <string_view>

namespace tokenweir::metrics {

/// True when the names differ only in case, in who is named before the model (`openai/`, `models/`, `us.anthropic.`),
/// or in a version that one of them leaves open: `gpt-4o` is answered by `gpt-4o-2024-08-06`, `claude-3-5-haiku-latest`
/// by `claude-3-5-haiku-20241022`. Two different versions are two models. No allocation.
bool same_model(std::string_view one, std::string_view another) noexcept;

}  // namespace tokenweir::metrics
