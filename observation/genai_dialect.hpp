/// Which names of the OpenTelemetry GenAI conventions are reported: the last numbered release, its successor, or both.
#pragma once

#include <cstdint>

namespace tokenweir {

enum class GenAiDialect : std::uint8_t {
    v1_41,   ///< gen_ai.client.operation.duration, gen_ai.client.token.usage and kin (v1.41.1)
    latest,  ///< gen_ai.client.inference.* (main of semantic-conventions-genai, October 2026)
    both
};

constexpr bool has_v1_41(GenAiDialect dialect) noexcept { return dialect != GenAiDialect::latest; }
constexpr bool has_latest(GenAiDialect dialect) noexcept { return dialect != GenAiDialect::v1_41; }

}  // namespace tokenweir
