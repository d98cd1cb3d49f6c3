#include "mock/answer.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace tokenweir::mock {

std::string token_text(const Block& block, std::uint32_t index) {
    std::string text = index == 0 ? "token " : " token ";
    text += std::to_string(index + 1);
    if (block.kind != Block::Kind::tool_call) return text;
    if (index == 0) text.insert(0, "{\"text\":\"");
    if (index + 1 == block.tokens) text += "\"}";
    return text;
}

std::string block_text(const Block& block) {
    if (block.kind == Block::Kind::tool_call && block.tokens == 0) return "{}";
    std::string text;
    for (std::uint32_t i = 0; i < block.tokens; ++i) text += token_text(block, i);
    return text;
}

Answer make_answer(const Prompt& prompt, const Scenario& scenario, bool shows_thinking, Stamp stamp) {
    const std::uint32_t limit = prompt.max_tokens.value_or(std::numeric_limits<std::uint32_t>::max());
    const std::uint32_t tokens = std::min(scenario.tokens, limit);
    Answer answer;
    answer.stamp = std::move(stamp);
    answer.model = prompt.model;
    answer.include_usage = prompt.include_usage;
    answer.no_done = scenario.no_done;

    using enum Block::Kind;
    if (shows_thinking && scenario.reasoning_tokens > 0)
        answer.blocks.push_back({.kind = thinking, .tokens = scenario.reasoning_tokens});
    for (std::uint32_t call = 0; call < scenario.tool_calls; ++call)
        answer.blocks.push_back(
            {.kind = tool_call, .tokens = tokens, .tool_name = prompt.tools[call % prompt.tools.size()]});
    if (scenario.tool_calls == 0) answer.blocks.push_back({.kind = scenario.refuse ? refusal : text, .tokens = tokens});

    answer.finish = tokens < scenario.tokens  ? Finish::length
                    : scenario.tool_calls > 0 ? Finish::tool_calls
                    : scenario.refuse         ? Finish::refusal
                                              : Finish::stop;
    answer.usage = {.input = prompt.tokens,
                    .cache_read = scenario.cached_tokens,
                    .cache_write = scenario.cache_write_tokens,
                    .output = scenario.reasoning_tokens + std::uint64_t{tokens} * std::max(1u, scenario.tool_calls),
                    .reasoning = scenario.reasoning_tokens};
    return answer;
}

}  // namespace tokenweir::mock
