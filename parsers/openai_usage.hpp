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

    /// Writes the totals and their parts as call records count them, and the billable units beside them. The source is
    /// the caller's to decide.
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

    Ranked input_, output_, cached_, cache_write_, reasoning_;
    std::optional<std::int64_t> total_, audio_input_;
    std::optional<double> audio_seconds_, search_queries_;
};

}  // namespace tokenweir::parsers
