/// What mock and load generator agree on: how a request scripts its answer, and the answer's every byte.
///
/// An answer is a sequence of texts with holes of fixed width for numbers. The mock fills them in, the load generator
/// compares everything around them and reads them back: a proxy that alters, loses, repeats or reorders one byte is
/// found out.
#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tokenweir::bench {

/// The field that carries a Script.
inline constexpr std::string_view script_field = "X-Bench-Script";

/// How a request wants to be answered. On the wire: the members in order, separated by commas.
struct Script {
    std::uint64_t tokens = 0;  ///< 0: one JSON document instead of a stream
    std::uint64_t first_us = 0;
    std::uint64_t gap_us = 0;  ///< between two writes
    std::uint64_t jitter_percent = 0;
    std::uint64_t burst = 1;  ///< tokens a write

    static constexpr std::array members{&Script::tokens, &Script::first_us, &Script::gap_us, &Script::jitter_percent,
                                        &Script::burst};

    std::string to_text() const {
        std::string text;
        for (const auto member : members) text += std::to_string(this->*member) + ',';
        return text;
    }

    static Script from_text(std::string_view text) {
        Script script;
        const char* at = text.data();
        for (const auto member : members) {
            const auto [end, error] = std::from_chars(at, text.data() + text.size(), script.*member);
            if (error != std::errc{}) break;
            at = end + 1;
        }
        return script;
    }
};

/// Completion tokens that the JSON document reports.
inline constexpr std::uint64_t document_tokens = 128;

/// What the holes of a text hold.
struct Numbers {
    std::uint64_t stamp = 0;       ///< '~' CLOCK_MONOTONIC in ns when the text was written
    std::uint64_t index = 0;       ///< '^' which token of the stream
    std::uint64_t prompt = 0;      ///< '#' bytes of the request body, one a token
    std::uint64_t completion = 0;  ///< '%' tokens of the answer
    std::uint64_t total = 0;       ///< '@' the sum of both
};

/// A text with holes: a run of a hole's character stands for its number, right-aligned (blanks are legal JSON).
class Text {
public:
    explicit Text(std::string pattern) : pattern_(std::move(pattern)) {
        for (std::size_t at = 0; at < pattern_.size(); ++at)
            for (const auto& [mark, member] : marks)
                if (pattern_[at] == mark) {
                    const std::size_t end = std::min(pattern_.find_first_not_of(mark, at), pattern_.size());
                    holes_.push_back({at, end, member});
                    pattern_.replace(at, end - at, end - at, ' ');
                }
    }

    std::size_t size() const noexcept { return pattern_.size(); }

    /// Requires: every number fits its hole.
    void append_to(std::string& out, const Numbers& numbers) const {
        const std::size_t start = out.size();
        out += pattern_;
        for (const Hole& hole : holes_) {
            std::size_t at = start + hole.end;
            for (std::uint64_t rest = numbers.*hole.member; at == start + hole.end || rest != 0; rest /= 10)
                out[--at] = static_cast<char>('0' + rest % 10);
        }
    }

    /// Whether `text` is this text; then the holes are read into `numbers`.
    bool read(std::string_view text, Numbers& numbers) const {
        if (text.size() != pattern_.size()) return false;
        std::size_t at = 0;
        for (const Hole& hole : holes_) {
            if (std::memcmp(text.data() + at, pattern_.data() + at, hole.at - at) != 0) return false;
            at = std::min(text.find_first_not_of(' ', hole.at), hole.end);
            const auto [end, error] = std::from_chars(text.data() + at, text.data() + hole.end, numbers.*hole.member);
            if (error != std::errc{} || end != text.data() + hole.end) return false;
            at = hole.end;
        }
        return std::memcmp(text.data() + at, pattern_.data() + at, pattern_.size() - at) == 0;
    }

    /// The same text as one HTTP chunk (RFC 9112 §7.1).
    Text as_chunk() const {
        std::array<char, 16> digits{};
        const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), pattern_.size(), 16).ptr;
        Text chunk(std::string(digits.data(), end) + "\r\n" + pattern_ + "\r\n");
        const std::size_t shift = chunk.pattern_.find('\n') + 1;
        for (Hole hole : holes_) chunk.holes_.push_back({hole.at + shift, hole.end + shift, hole.member});
        return chunk;
    }

private:
    struct Hole {
        std::size_t at, end;
        std::uint64_t Numbers::*member;
    };
    static constexpr std::array<std::pair<char, std::uint64_t Numbers::*>, 5> marks{{{'~', &Numbers::stamp},
                                                                                     {'^', &Numbers::index},
                                                                                     {'#', &Numbers::prompt},
                                                                                     {'%', &Numbers::completion},
                                                                                     {'@', &Numbers::total}}};
    std::string pattern_;
    std::vector<Hole> holes_;
};

inline std::string stream_event(std::string_view choices, std::string_view usage) {
    return R"(data: {"id":"chatcmpl-B9MBs8CjcvOU2jLn4n570S5qMJKcT","object":"chat.completion.chunk","created":1741569952,)"
           R"("model":"gpt-4o-mini-2024-07-18","service_tier":"default","system_fingerprint":"fp_06737a9306","choices":[)" +
           std::string(choices) + R"(],"usage":)" + std::string(usage) + R"(,"obfuscation":"~~~~~~~~~~~~~~~~~"})" +
           "\n\n";
}

/// The answers, as an OpenAI chat completion endpoint shapes them.
struct Answers {
    Text role{stream_event(
        R"({"index":0,"delta":{"role":"assistant","content":"","refusal":null},"logprobs":null,"finish_reason":null})",
        "null")};
    Text token{
        stream_event(R"({"index":0,"delta":{"content":"^^^^^^^"},"logprobs":null,"finish_reason":null})", "null")};
    Text finish{stream_event(R"({"index":0,"delta":{},"logprobs":null,"finish_reason":"stop"})", "null")};
    Text usage{stream_event("", usage_object())};
    Text done{"data: [DONE]\n\n"};
    Text document{document_text()};

    static std::string usage_object() {
        return R"({"prompt_tokens":########,"completion_tokens":%%%%%%%,"total_tokens":@@@@@@@@,)"
               R"("prompt_tokens_details":{"cached_tokens":0,"audio_tokens":0},)"
               R"("completion_tokens_details":{"reasoning_tokens":0,"audio_tokens":0,)"
               R"("accepted_prediction_tokens":0,"rejected_prediction_tokens":0}})";
    }

    static std::string document_text() {
        std::string prose;
        while (prose.size() < 620) prose += "A weir holds nothing back and still tells you how much has passed.\\n";
        return R"({"id":"chatcmpl-B9MBs8CjcvOU2jLn4n570S5qMJKcT","object":"chat.completion","created":1741569952,)"
               R"("model":"gpt-4o-mini-2024-07-18","choices":[{"index":0,"message":{"role":"assistant","content":")" +
               prose + R"(","refusal":null,"annotations":[]},"logprobs":null,"finish_reason":"stop"}],"usage":)" +
               usage_object() + R"(,"service_tier":"default","system_fingerprint":"fp_06737a9306"})";
    }

    /// Step by step what a stream of `tokens` consists of: role, the tokens, finish, usage, done. Null after the last
    /// one.
    const Text* step(std::uint64_t tokens, std::uint64_t index) const noexcept {
        if (tokens == 0) return index == 0 ? &document : nullptr;
        if (index == 0) return &role;
        if (index <= tokens) return &token;
        const std::array<const Text*, 4> tail{&finish, &usage, &done, nullptr};
        return tail[std::min<std::uint64_t>(index - tokens - 1, 3)];
    }
};

}  // namespace tokenweir::bench
