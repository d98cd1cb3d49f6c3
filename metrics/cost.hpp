/// What a call cost, by a price catalogue. Rules: docs/cost.md.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "metrics/price_catalogue.hpp"
#include "observation/llm_call.hpp"

namespace tokenweir::metrics {

using TokenCounts = std::array<std::int64_t, token_kinds>;

/// A call's tokens by kind. They add up to the reported totals: parts that exceed a total are cut. What the provider
/// says that it bills ("billed_input_tokens", "billed_output_tokens" among the units) takes the place of its counts.
TokenCounts count_tokens(const LlmCall& call) noexcept;

struct Cost {
    std::optional<double> usd;
    std::optional<CostSource> source;

    bool operator==(const Cost&) const = default;
};

/// Neither, when the call generated nothing or nothing that is billed was seen; else a source, and dollars unless the
/// source is unpriced or no_model. A cost that the provider stated is kept. The sum is exact, and rounded once, to the
/// nearest double. No lock, no allocation.
Cost cost_of(const LlmCall& call, const PriceCatalogue& catalogue) noexcept;

}  // namespace tokenweir::metrics
