/// What was said in a Chat Completions call. Twin of docs/wire/openai_chat.md, as OpenAiChat is for the figures.
#pragma once

#include <string_view>

#include "parsers/content_scanner.hpp"
#include "parsers/output_content.hpp"

namespace tokenweir::parsers::openai_chat {

/// An element of `messages`.
void write_message(const CapturedElement& element, ContentWriter& out, ContentWriter& nested);

/// An element of `tools` or `functions`.
void write_tool(const CapturedElement& element, ContentWriter& out);

/// An event of a stream, or a whole answer. What is no JSON says nothing.
void read_output(std::string_view json, OutputContent& out);

}  // namespace tokenweir::parsers::openai_chat
