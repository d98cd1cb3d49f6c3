#include "parsers/openai_usage.hpp"

namespace tokenweir::parsers {

namespace {

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
        if (key == "prompt_tokens") input_.set(value, 0);
        else if (key == "completion_tokens") output_.set(value, 0);
        else if (key == "total_tokens") set(total_, value);
        else if (key == "prompt_tokens_details" || key == "prompt_token_details" || key == "input_tokens_details" || key == "input_token_details") read_input_details(value);
        else if (key == "completion_tokens_details" || key == "completion_token_details" || key == "output_tokens_details" || key == "output_token_details") read_output_details(value);
        else if (key == "input_tokens") input_.set(value, 1);
        else if (key == "output_tokens") output_.set(value, 1);
        else if (key == "prompt_cache_hit_tokens") cached_.set(value, 1);
        else if (key == "num_cached_tokens") cached_.set(value, 2);
        else if (key == "cached_tokens") cached_.set(value, 3);
        else if (key == "cache_read_input_tokens") cached_.set(value, 4);
        else if (key == "cache_creation_input_tokens") cache_write_.set(value, 1);
        else if (key == "reasoning_tokens") reasoning_.set(value, 1);
        else if (key == "prompt_audio_seconds") set(audio_seconds_, value);
        else if (key == "num_search_queries") set(search_queries_, value);
    }
}

void OpenAiUsage::read_input_details(const JsonValue& details) {
    for (auto member = details.members(); member.next();) {
        if (member.key() == "cached_tokens") cached_.set(member.value(), 0);
        else if (member.key() == "cache_write_tokens") cache_write_.set(member.value(), 0);
        else if (member.key() == "audio_tokens") set(audio_input_, member.value());
    }
}

void OpenAiUsage::read_output_details(const JsonValue& details) {
    for (auto member = details.members(); member.next();)
        if (member.key() == "reasoning_tokens") reasoning_.set(member.value(), 0);
}

void OpenAiUsage::report(LlmCall& call) const {
    TokenUsage& usage = call.usage;
    usage.input = input_.value;
    usage.output = output_.value;
    usage.cache_read = cached_.value;
    usage.cache_creation = cache_write_.value;
    usage.reasoning = reasoning_.value;
    if (audio_seconds_) call.units.emplace_back("audio_seconds", *audio_seconds_);
    if (search_queries_) call.units.emplace_back("search_queries", *search_queries_);
    // TODO arithmetic
}

}  // namespace tokenweir::parsers
