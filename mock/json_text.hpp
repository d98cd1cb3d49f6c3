/// JSON strings, for answers that are put together.
#pragma once

#include <string>
#include <string_view>

#include "observation/json_string.hpp"

namespace tokenweir::mock {

/// `text` as a JSON string, quotes included.
inline std::string quoted(std::string_view text) {
    std::string out;
    append_json_string(out, text);
    return out;
}

}  // namespace tokenweir::mock
