#include "mock/prompt.hpp"

#include <simdjson.h>

#include <algorithm>
#include <limits>

namespace tokenweir::mock {
namespace {

using simdjson::dom::array;
using simdjson::dom::element;

/// `content` and `system` are a string or parts of which some have `text`.
std::size_t text_bytes(const simdjson::simdjson_result<element>& content) {
    std::string_view text;
    if (!content.get(text)) return text.size();
    std::size_t bytes = 0;
    array parts;
    if (!content.get(parts))
        for (const element part : parts)
            if (!part["text"].get(text)) bytes += text.size();
    return bytes;
}

/// Absent and null are false.
bool is_true(const simdjson::simdjson_result<element>& value) {
    bool flag = false;
    return !value.get(flag) && flag;
}

/// OpenAI has the name in `function`, Anthropic beside the schema.
std::vector<std::string> tool_names(const element& root) {
    std::vector<std::string> names;
    array tools;
    if (!root["tools"].get(tools))
        for (const element tool : tools) {
            std::string_view name;
            if (!tool["function"]["name"].get(name) || !tool["name"].get(name)) names.emplace_back(name);
        }
    return names;
}

std::optional<std::uint32_t> max_tokens(const element& root) {
    std::uint64_t limit = 0;
    if (root["max_completion_tokens"].get(limit) && root["max_tokens"].get(limit)) return std::nullopt;
    return static_cast<std::uint32_t>(std::min<std::uint64_t>(limit, std::numeric_limits<std::uint32_t>::max()));
}

}  // namespace

std::variant<Prompt, std::string> read_prompt(std::string_view body) {
    simdjson::dom::parser parser;
    element root;
    if (parser.parse(body.data(), body.size()).get(root) || !root.is_object())
        return "body: found no valid JSON object, expected one";
    Prompt prompt;
    std::string_view model;
    array messages;
    if (root["model"].get(model) || model.empty()) return "model: found none, expected a string";
    if (root["messages"].get(messages)) return "messages: found none, expected an array";
    if (std::int64_t choices = 1; !root["n"].get(choices) && choices != 1)
        return "n: found " + std::to_string(choices) + ", expected 1 (the mock answers with one choice)";

    std::size_t bytes = text_bytes(root["system"]);
    for (const element message : messages) bytes += text_bytes(message["content"]);
    prompt.model = model;
    prompt.tokens = count_tokens(bytes);
    prompt.max_tokens = max_tokens(root);
    prompt.tools = tool_names(root);
    prompt.stream = is_true(root["stream"]);
    prompt.include_usage = is_true(root["stream_options"]["include_usage"]);
    return prompt;
}

}  // namespace tokenweir::mock
