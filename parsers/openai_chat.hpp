/// OpenAI Chat Completions and its many relatives. Twin of docs/wire/openai_chat.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "parsers/error_body.hpp"
#include "parsers/event_reading.hpp"
#include "parsers/openai_usage.hpp"
#include "parsers/sse_decoder.hpp"

namespace tokenweir::parsers {

class OpenAiChat {
public:
    /// One event of a stream.
    EventReading read_event(const SseEvent& event, LlmCall& call);

    /// The body of an answer that is no stream. False if it is not JSON.
    bool read_document(std::string_view body, LlmCall& call);

    /// [DONE] came, or every choice finished and the usage came.
    bool terminal() const noexcept { return done_ || (all_finished() && usage_.seen()); }

    /// At the end of the body: vendors that send no [DONE] have finished their choices.
    bool complete() const noexcept { return done_ || all_finished(); }

    /// The last usage that was read came when the answer was over: no later figure follows it.
    bool usage_is_final() const noexcept { return usage_is_final_; }

    const std::optional<ProviderError>& error() const noexcept { return error_; }

    /// Writes what was gathered over the events: usage, finish reasons, tool calls.
    void report(LlmCall& call) const;

private:
    struct Choice {
        std::int64_t index = 0;
        bool finished = false;
        std::string finish_reason;
    };
    struct ToolCall {
        std::pair<std::int64_t, std::int64_t> place;  // choice and index
        std::string id;
    };
    class EventScan;

    Choice& choice(std::int64_t index);
    bool all_finished() const noexcept;
    void finish(std::int64_t index, std::string& reason);
    void count_tool_call(std::int64_t choice, std::int64_t index, const std::string& id);
    void read_choice(const JsonValue& value, std::int64_t position);

    OpenAiUsage usage_;
    std::vector<Choice> choices_;  // in index order
    std::vector<ToolCall> calls_;  // the latest of each place, to know its continuations; in their order
    std::int64_t tool_calls_ = 0;
    std::optional<ProviderError> error_;
    bool done_ = false;
    bool usage_is_final_ = false;
};

}  // namespace tokenweir::parsers
