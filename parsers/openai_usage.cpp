#include "parsers/openai_usage.hpp"

#include <charconv>

namespace tokenweir::parsers {

namespace {

constexpr double ticks_per_dollar = 1e10;  // xAI's

/// A number, or a string that is one.
std::optional<double> dollars(const JsonValue& from) noexcept {
    std::optional<double> amount = from.number();
    if (const std::string_view text = from.raw_string(); !text.empty()) {
        double parsed = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), parsed);
        if (error == std::errc() && end == text.data() + text.size()) amount = parsed;
    }
    return amount >= 0.0 ? amount : std::nullopt;
}

/// How many there are of a part that most calls have none of.
std::optional<std::int64_t> if_any(const std::optional<std::int64_t>& count) noexcept {
    return count.value_or(0) > 0 ? count : std::nullopt;
}

void set(std::optional<std::int64_t>& field, const JsonValue& from) noexcept {
    if (const auto count = from.count()) field = count;
}

void set(std::optional<double>& field, const JsonValue& from) noexcept {
    if (const auto number = from.number()) field = number;
}

}  // namespace

void OpenAiUsage::Ranked::set(const JsonValue& from, std::uint8_t rank_of_name) noexcept {
    if (rank_of_name > rank) return;
    if (const auto count = from.count()) {
        value = count;
        rank = rank_of_name;
    }
}

void OpenAiUsage::read(const JsonValue& usage) {
    for (auto member = usage.members(); member.next();) {
        const std::string_view key = member.key();
        const JsonValue& value = member.value();
        if (key == "prompt_tokens")
            input_.set(value, 0);
        else if (key == "completion_tokens")
            output_.set(value, 0);
        else if (key == "total_tokens")
            set(total_, value);
        else if (key == "prompt_tokens_details" || key == "prompt_token_details" || key == "input_tokens_details" ||
                 key == "input_token_details")
            read_input_details(value);
        else if (key == "completion_tokens_details" || key == "completion_token_details" ||
                 key == "output_tokens_details" || key == "output_token_details")
            read_output_details(value);
        else if (key == "input_tokens")
            input_.set(value, 1);
        else if (key == "output_tokens")
            output_.set(value, 1);
        else if (key == "prompt_cache_hit_tokens")
            cached_.set(value, 1);
        else if (key == "num_cached_tokens")
            cached_.set(value, 2);
        else if (key == "cached_tokens")
            cached_.set(value, 3);
        else if (key == "cache_read_input_tokens")
            cached_.set(value, 4);
        else if (key == "cache_creation_input_tokens")
            cache_write_.set(value, 1);
        else if (key == "reasoning_tokens")
            reasoning_.set(value, 1);
        else if (key == "prompt_audio_seconds")
            set(audio_seconds_, value);
        else if (key == "num_search_queries")
            set(search_queries_, value);
        else if (key == "cost")
            read_cost(value);
        else if (key == "cost_in_usd_ticks")
            read_ticks(value);
    }
}

/// xAI counts in units so small that they are whole.
void OpenAiUsage::read_ticks(const JsonValue& ticks) {
    if (const auto count = ticks.count()) cost_ = static_cast<double>(*count) / ticks_per_dollar;
}

/// A number with OpenRouter, one in quotes with Vercel; objects with Perplexity and Venice.
void OpenAiUsage::read_cost(const JsonValue& cost) {
    if (const auto amount = dollars(cost)) cost_ = amount;
    for (auto member = cost.members(); member.next();)
        if (member.key() == "total_cost" || member.key() == "usd")
            if (const auto amount = dollars(member.value())) cost_ = amount;
}

void OpenAiUsage::read_input_details(const JsonValue& details) {
    for (auto member = details.members(); member.next();) {
        if (member.key() == "cached_tokens")
            cached_.set(member.value(), 0);
        else if (member.key() == "cache_write_tokens")
            cache_write_.set(member.value(), 0);
        else if (member.key() == "audio_tokens")
            set(audio_input_, member.value());
        else if (member.key() == "image_tokens")
            set(image_input_, member.value());
    }
}

void OpenAiUsage::read_output_details(const JsonValue& details) {
    for (auto member = details.members(); member.next();) {
        if (member.key() == "reasoning_tokens")
            reasoning_.set(member.value(), 0);
        else if (member.key() == "audio_tokens")
            set(audio_output_, member.value());
        else if (member.key() == "image_tokens")
            set(image_output_, member.value());
    }
}

/// Input beyond the prompt's count. Azure AI Foundry serves Grok models whose prompt count leaves cached tokens out; a
/// part cannot exceed its whole, so elsewhere too more cached than counted means the same. Mistral leaves audio out.
std::int64_t OpenAiUsage::hidden_input(const LlmCall& call) const noexcept {
    const std::int64_t cached = cached_.value.value_or(0);
    const std::int64_t audio = audio_input_.value_or(0);
    const bool foundry_grok = call.provider == "azure.ai.inference" &&
                              (call.request_model.starts_with("grok") || call.response_model.starts_with("grok"));
    if (cached > 0 && (foundry_grok || cached > *input_.value)) return cached;
    if (audio > 0 && (surplus() == audio || audio > *input_.value)) return audio;
    return 0;
}

/// Output beyond the completion's count. xAI leaves reasoning out, and the total tells; Gemini's compatible endpoint
/// hides its thoughts from everything but the total. `surplus`: what no input explains.
std::int64_t OpenAiUsage::hidden_output(const LlmCall& call, std::int64_t surplus) const noexcept {
    const bool is_reasoning = surplus > 0 && surplus == reasoning_.value;
    const bool is_hidden = surplus > 0 && call.provider.starts_with("gcp.");
    return is_reasoning || is_hidden ? surplus : 0;
}

/// What the total counts beyond input and output.
std::int64_t OpenAiUsage::surplus() const noexcept {
    return total_ && input_.value ? *total_ - *input_.value - output_.value.value_or(0) : 0;
}

void OpenAiUsage::report(LlmCall& call) const {
    TokenUsage& usage = call.usage;
    const std::int64_t beside_input = input_.value ? hidden_input(call) : 0;
    if (input_.value) usage.input = *input_.value + beside_input;
    if (output_.value) usage.output = *output_.value + hidden_output(call, surplus() - beside_input);
    usage.cache_read = cached_.value;
    usage.cache_creation = cache_write_.value;
    usage.reasoning = reasoning_.value;
    usage.audio_input = if_any(audio_input_);
    usage.image_input = if_any(image_input_);
    usage.audio_output = if_any(audio_output_);
    usage.image_output = if_any(image_output_);
    if (audio_seconds_) call.units.emplace_back("audio_seconds", *audio_seconds_);
    if (search_queries_) call.units.emplace_back("search_queries", *search_queries_);
    if (!cost_) return;
    call.cost = cost_;
    call.cost_source = CostSource::provider;
}

}  // namespace tokenweir::parsers
