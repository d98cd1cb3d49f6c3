/// What was said in a call, as far as its route has that recorded: redacted and cut already, the rest never leaves the
/// call's own memory.
#pragma once

#include <cstdint>
#include <string>

namespace tokenweir {

/// JSON texts in the form of the OpenTelemetry GenAI conventions; empty: there was none.
struct CallContent {
    std::string system_instructions{};  ///< an array of parts
    std::string input_messages{};       ///< an array of messages
    std::string output_messages{};      ///< the same, one for each choice
    std::string tool_definitions{};     ///< an array
    std::int64_t omitted = 0;           ///< messages, instructions, parts and tools that are left out
    std::int64_t redactions = 0;        ///< findings that were taken out
    bool cut = false;                   ///< a text is not there to its end

    bool truncated() const noexcept { return cut || omitted > 0; }
    bool operator==(const CallContent&) const = default;
};

}  // namespace tokenweir
