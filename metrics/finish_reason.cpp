#include "metrics/finish_reason.hpp"

#include "observation/field.hpp"

namespace tokenweir::metrics {
namespace {

struct Word {
    std::string_view raw;
    FinishReason reason;
};

/// OpenAI (chat, responses), Anthropic, Gemini, Bedrock, Cohere, Mistral and Ollama; the frequent ones first.
constexpr std::array words{
    Word{"stop", FinishReason::stop},
    Word{"tool_calls", FinishReason::tool_calls},
    Word{"end_turn", FinishReason::stop},
    Word{"tool_use", FinishReason::tool_calls},
    Word{"completed", FinishReason::stop},
    Word{"length", FinishReason::length},
    Word{"max_tokens", FinishReason::length},
    Word{"max_output_tokens", FinishReason::length},
    Word{"stop_sequence", FinishReason::stop},
    Word{"complete", FinishReason::stop},
    Word{"eos", FinishReason::stop},
    Word{"function_call", FinishReason::tool_calls},
    Word{"tool_call", FinishReason::tool_calls},
    Word{"model_length", FinishReason::length},
    Word{"model_context_window_exceeded", FinishReason::length},
    Word{"error_limit", FinishReason::length},
    Word{"content_filter", FinishReason::content_filter},
    Word{"content_filtered", FinishReason::content_filter},
    Word{"guardrail_intervened", FinishReason::content_filter},
    Word{"refusal", FinishReason::content_filter},
    Word{"safety", FinishReason::content_filter},
    Word{"image_safety", FinishReason::content_filter},
    Word{"recitation", FinishReason::content_filter},
    Word{"blocklist", FinishReason::content_filter},
    Word{"prohibited_content", FinishReason::content_filter},
    Word{"spii", FinishReason::content_filter},
    Word{"error", FinishReason::error},
    Word{"error_toxic", FinishReason::content_filter},
    Word{"failed", FinishReason::error},
    Word{"malformed_function_call", FinishReason::error},
};

}  // namespace

FinishReason finish_reason_of(std::string_view raw) noexcept {
    for (const Word& word : words)
        if (iequals(raw, word.raw)) return word.reason;
    return FinishReason::other;
}

bool is_context_exceeded(std::string_view raw) noexcept {
    return iequals(raw, "model_context_window_exceeded") || iequals(raw, "model_length");
}

}  // namespace tokenweir::metrics
