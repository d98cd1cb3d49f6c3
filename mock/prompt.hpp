/// What the mock reads of a request body.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace tokenweir::mock {

struct Prompt {
    std::string model;
    bool stream = false;
    bool include_usage = false;                    ///< stream_options.include_usage
    std::optional<std::uint32_t> max_tokens = {};  ///< max_completion_tokens or max_tokens
    std::vector<std::string> tools = {};           ///< their names
    std::uint32_t tokens = 0;                      ///< see count_tokens

    bool operator==(const Prompt&) const = default;
};

/// One token for every four bytes of text, rounded up.
constexpr std::uint32_t count_tokens(std::size_t text_bytes) noexcept {
    return static_cast<std::uint32_t>((text_bytes + 3) / 4);
}

/// Reads a Chat Completions or Messages request; the text it counts is that of all messages and of `system`: strings,
/// and the `text` of content parts. Otherwise says what is wrong, for the provider's error message.
std::variant<Prompt, std::string> read_prompt(std::string_view body);

}  // namespace tokenweir::mock
