/// Puts together what the model said, event by event: one message for each choice, a part for each thing that goes on.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "parsers/content_scanner.hpp"
#include "parsers/content_writer.hpp"

namespace tokenweir::parsers {

enum class PartKind : std::uint8_t { text, reasoning, refusal, tool_call, server_tool_call, image, audio, other };

class OutputContent {
public:
    static constexpr std::size_t max_messages = 128;
    static constexpr std::size_t max_parts = 1024;  ///< of all messages; further ones are counted

    /// All references outlive this.
    OutputContent(const CaptureLimits& limits, const KeyedHash& hash) : limits_(limits), hash_(hash) {}

    /// Where a piece belongs. Pieces of one part have the same choice, kind and index, and no other id.
    struct Place {
        std::int64_t choice = 0;
        PartKind kind = PartKind::text;
        std::int64_t index = 0;
        std::string_view id{}, name{};  ///< raw; of a call. Of PartKind::other the name is its type
    };

    /// `raw`: a JSON string's content, or with `json` a value.
    void add(const Place& place, std::string_view raw, bool json = false);

    /// There is such a part.
    bool has(std::int64_t choice, PartKind kind, std::int64_t index) const noexcept;

    /// The raw role, or nothing: an assistant.
    void role(std::int64_t choice, std::string_view raw);
    void finish(std::int64_t choice, std::string_view reason);

    /// The choices in their order.
    void write(ContentWriter& out) const;

    /// Parts that were left out.
    std::int64_t omitted() const noexcept { return omitted_; }

private:
    struct Part {
        PartKind kind = PartKind::text;
        std::int64_t index = 0;
        std::string id{}, name{};
        CapturedText text{};
        std::size_t kept = 0;
        bool json = false;
    };
    struct Message {
        std::int64_t choice = 0;
        std::string role{}, finish_reason{};
        std::vector<Part> parts{};
    };

    Message& message(std::int64_t choice);

    const CaptureLimits limits_;
    const KeyedHash& hash_;
    std::vector<Message> messages_;  // in order of their choices
    std::size_t parts_ = 0, bytes_ = 0;
    std::int64_t omitted_ = 0;
};

/// The conventions' word for a provider's, or the provider's own.
std::string_view common_finish_reason(std::string_view reason) noexcept;

}  // namespace tokenweir::parsers
