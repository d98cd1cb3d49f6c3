/// What a dialect's reader says about one event of a stream.
#pragma once

#include <optional>

#include "observation/llm_call.hpp"
#include "parsers/shape_memo.hpp"

namespace tokenweir::parsers {

struct EventReading {
    bool readable = true;              ///< false: the data is not the JSON that the format promises
    std::optional<OutputKind> output;  ///< model output that the event carried
    Holes holes;                       ///< plain: reading an event of this shape again would find nothing but `output`
};

}  // namespace tokenweir::parsers
