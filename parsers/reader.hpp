/// The closed set of dialect readers: to add one, add it here and to `make_reader`; what does not handle it does not
/// compile.
#pragma once

#include <optional>
#include <string_view>
#include <variant>

#include "parsers/anthropic_messages.hpp"
#include "parsers/api.hpp"
#include "parsers/openai_chat.hpp"

namespace tokenweir::parsers {

/// For formats that nobody reads yet.
struct NoReader {
    EventReading read_event(const SseEvent&, LlmCall&) const { return {}; }
    bool read_document(std::string_view, LlmCall&) const { return true; }
    bool terminal() const noexcept { return false; }
    bool complete() const noexcept { return false; }
    bool usage_is_final() const noexcept { return false; }
    std::optional<ProviderError> error() const noexcept { return std::nullopt; }
    void report(LlmCall&) const {}
};

using Reader = std::variant<NoReader, OpenAiChat, AnthropicMessages>;

inline Reader make_reader(Dialect dialect) {
    switch (dialect) {
        case Dialect::none: return NoReader();
        case Dialect::openai_chat: return OpenAiChat();
        case Dialect::anthropic_messages: return AnthropicMessages();
    }
    return NoReader();
}

}  // namespace tokenweir::parsers
