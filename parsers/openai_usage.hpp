/// The usage object of the OpenAI family, under all the names its fields go by, and its arithmetic.
#pragma once

#include <cstdint>
#include <optional>

#include "observation/llm_call.hpp"
#include "parsers/json_document.hpp"

namespace tokenweir::parsers {

class OpenAiUsage {
public:
    /// Merges one usage object: what is present and not null replaces what was there.
    void read(const JsonValue& usage);

    /// A cost in US dollars, which some state beside the usage object.
    void read_cost(const JsonValue& cost);

    /// Writes the totals and their parts as call records count them, the billable units beside them, and the cost if
    /// the provider says it. The source of the usage is the caller's to decide.
    void report(LlmCall& call) const;

    bool seen() const noexcept { return input_.value || output_.value || total_; }

private:
    /// A count that goes by several names: the one with the lowest rank counts.
    struct Ranked {
        std::optional<std::int64_t> value;
        std::uint8_t rank = 255;

        void set(const JsonValue& from, std::uint8_t rank_of_name) noexcept;
    };

    void read_input_details(const JsonValue& details);
    void read_output_details(const JsonValue& details);
    std::int64_t surplus() const noexcept;
    std::int64_t hidden_input(const LlmCall& call) const noexcept;
    std::int64_t hidden_output(const LlmCall& call, std::int64_t surplus) const noexcept;

    void read_ticks(const JsonValue& ticks);

    Ranked input_, output_, cached_, cache_write_, reasoning_;
    std::optional<std::int64_t> total_, audio_input_, image_input_, audio_output_, image_output_;
    std::optional<double> audio_seconds_, search_queries_, cost_;
};

}  // namespace tokenweir::parsers
