#include "parsers/content_tap.hpp"

#include <array>

#include "parsers/anthropic_content.hpp"
#include "parsers/openai_chat_content.hpp"

namespace tokenweir::parsers {

namespace {

constexpr std::array<std::string_view, 4> wanted{"messages", "system", "tools", "functions"};

/// Without texts nothing longer than a word is needed.
constexpr std::size_t metadata_text_bytes = 1024;

CaptureLimits limits_of(ContentCapture capture, const ContentOptions& options) noexcept {
    const bool is_full = capture == ContentCapture::full;
    return {.text_bytes = is_full ? options.max_part_bytes + redaction_margin : metadata_text_bytes,
            .bytes = options.max_bytes};
}

}  // namespace

ContentTap::ContentTap(ContentCapture capture, const ContentOptions& options, const KeyedHash& hash)
    : capture_(capture),
      options_(options),
      hash_(hash),
      limits_(limits_of(capture, options)),
      request_(wanted, limits_, hash),
      output_(limits_, hash) {}

void ContentTap::output(Dialect dialect, std::string_view json) {
    switch (dialect) {
        case Dialect::none: return;
        case Dialect::openai_chat: return openai_chat::read_output(json, output_);
        case Dialect::anthropic_messages: return anthropic::read_output(json, output_);
    }
}

CallContent ContentTap::finish(Dialect dialect) {
    CallContent content;
    if (dialect == Dialect::none) return content;
    ContentWriter::Tally tally;
    const auto writer = [&] { return ContentWriter(capture_, options_, hash_, tally); };
    const auto write = [&](std::string_view member, auto&& write_element) {
        const CapturedMember* found = request_.find(member);
        if (found == nullptr) return std::string();
        ContentWriter out = writer();
        for (const CapturedElement& element : found->elements) write_element(element, out);
        content.omitted += static_cast<std::int64_t>(found->omitted);
        return out.finish();
    };
    ContentWriter nested = writer();
    if (dialect == Dialect::openai_chat) {
        content.input_messages = write("messages", [&](const CapturedElement& element, ContentWriter& out) {
            openai_chat::write_message(element, out, nested);
        });
        content.tool_definitions = write("tools", &openai_chat::write_tool);
        if (content.tool_definitions.empty()) content.tool_definitions = write("functions", &openai_chat::write_tool);
    } else {
        content.system_instructions = write("system", &anthropic::write_instruction);
        content.input_messages = write("messages", [&](const CapturedElement& element, ContentWriter& out) {
            anthropic::write_message(element, out, nested);
        });
        content.tool_definitions = write("tools", &anthropic::write_tool);
    }
    ContentWriter out = writer();
    output_.write(out);
    content.output_messages = out.finish();
    content.omitted += output_.omitted();
    content.redactions = tally.redactions;
    content.cut = tally.cut;
    return content;
}

}  // namespace tokenweir::parsers
