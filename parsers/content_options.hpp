/// Whether and how what was said is recorded: nothing is unless a route asks for it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "parsers/redaction.hpp"

namespace tokenweir::parsers {

enum class ContentCapture : std::uint8_t {
    off,
    metadata,  ///< who said how much of which kind: roles, types, names of tools, sizes and hashes
    full       ///< the texts too, redacted and cut
};

inline constexpr std::array<std::string_view, 3> content_capture_names{"off", "metadata", "full"};

struct ContentOptions {
    std::size_t max_part_bytes = std::size_t{8} << 10;  ///< of one text, UTF-8
    std::size_t max_bytes = std::size_t{64} << 10;      ///< of all that one side said in a call, as JSON on the wire
    Redaction redaction;

    bool operator==(const ContentOptions&) const = default;
};

}  // namespace tokenweir::parsers
