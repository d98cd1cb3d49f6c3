/// Anthropic Messages, as Anthropic, its resellers and many compatible servers speak it. Twin of
/// docs/wire/anthropic_messages.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "parsers/error_body.hpp"
#include "parsers/event_reading.hpp"
#include "parsers/json_document.hpp"
#include "parsers/sse_decoder.hpp"

namespace tokenweir::parsers {

class AnthropicMessages {
public:
    /// One event of a stream.
    EventReading read_event(const SseEvent& event, LlmCall& call);

    /// The body of an answer that is no stream. False if it is not JSON.
    bool read_document(std::string_view body, LlmCall& call);

    /// message_stop came.
    bool terminal() const noexcept { return stopped_; }
    bool complete() const noexcept { return stopped_; }

    /// The last usage that was read came when the answer was over: no later figure follows it.
    bool usage_is_final() const noexcept { return usage_is_final_; }

    const std::optional<ProviderError>& error() const noexcept { return error_; }

    /// Writes what was gathered over the events: usage, stop reason, tool calls.
    void report(LlmCall& call) const;

private:
    class EventScan;

    bool read_message(JsonMembers member, LlmCall& call);
    void read_usage(const JsonValue& usage);
    std::string billed_tier() const;
    void read_details(std::string_view prefix, const JsonValue& details);
    void count_block(std::string_view type) noexcept;

    std::optional<std::int64_t> input_, output_, cache_read_, cache_creation_, cache_creation_1h_, reasoning_;
    std::string tier_, speed_, place_;  // each has its price
    std::optional<double> cost_;
    std::vector<std::pair<std::string, double>> units_;
    std::string stop_reason_;
    std::int64_t tool_calls_ = 0, server_tool_calls_ = 0;
    std::optional<ProviderError> error_;
    bool stopped_ = false;
    bool usage_is_final_ = false;
};

}  // namespace tokenweir::parsers
