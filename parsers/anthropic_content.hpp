/// What was said in a Messages call. Twin of docs/wire/anthropic_messages.md, as AnthropicMessages is for the figures.
#pragma once

#include <string_view>

#include "parsers/content_scanner.hpp"
#include "parsers/output_content.hpp"

namespace tokenweir::parsers::anthropic {

/// An element of `system`, or all of it.
void write_instruction(const CapturedElement& element, ContentWriter& out);

/// An element of `messages`. `nested` takes what tools answered.
void write_message(const CapturedElement& element, ContentWriter& out, ContentWriter& nested);

/// An element of `tools`.
void write_tool(const CapturedElement& element, ContentWriter& out);

/// An event of a stream, or a whole answer. What is no JSON says nothing.
void read_output(std::string_view json, OutputContent& out);

}  // namespace tokenweir::parsers::anthropic
