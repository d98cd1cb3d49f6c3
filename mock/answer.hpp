/// What the mock answers, before any dialect gives it a form.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "mock/prompt.hpp"
#include "mock/scenario.hpp"

namespace tokenweir::mock {

/// What makes one answer differ from the next: the only input that is not in the request.
struct Stamp {
    std::string unique;  ///< 24 hexadecimal digits, unique in this process; ids are built from it
    std::int64_t unix_seconds = 0;
};

/// A run of tokens of one kind.
struct Block {
    enum class Kind : std::uint8_t { text, refusal, thinking, tool_call };

    Kind kind = Kind::text;
    std::uint32_t tokens = 0;
    std::string tool_name = {};  ///< of a tool call

    bool operator==(const Block&) const = default;
};

/// The text that token `index` (from 0) adds: "token 1", " token 2" …; of a tool call, a piece of its JSON arguments.
std::string token_text(const Block& block, std::uint32_t index);

/// All its tokens; of a tool call, valid JSON: `{"text":"token 1 token 2"}`, or `{}` without tokens.
std::string block_text(const Block& block);

enum class Finish : std::uint8_t { stop, length, tool_calls, refusal };

/// Counts that the dialects add up in their own ways; `output` includes `reasoning`.
struct Usage {
    std::uint64_t input = 0;  ///< the prompt's own, without the two parts below
    std::uint64_t cache_read = 0, cache_write = 0;
    std::uint64_t output = 0, reasoning = 0;
};

struct Answer {
    Stamp stamp;
    std::string model;
    std::vector<Block> blocks;  ///< one tool call or more, or one text; before them, thinking that is shown
    Finish finish = Finish::stop;
    Usage usage;
    bool include_usage = false;
    bool no_done = false;
};

/// Requires: a prompt with tools, if the scenario calls any.
Answer make_answer(const Prompt& prompt, const Scenario& scenario, bool shows_thinking, Stamp stamp);

}  // namespace tokenweir::mock
