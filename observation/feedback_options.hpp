/// What the operator wants of feedback on calls.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

namespace tokenweir {

struct FeedbackOptions {
    bool enabled = true;
    std::string path{};                               ///< of the proxy's listeners; empty: the admin port alone
    std::size_t index_bytes = std::size_t{16} << 20;  ///< for what is remembered of finished calls
    std::chrono::milliseconds hold{std::chrono::minutes(15)};  ///< how long feedback waits for its call to end
    bool record_comments = true;
    bool regenerate = false, abort = false;  ///< what clients do counts as an evaluation
    std::chrono::milliseconds regenerate_window{std::chrono::minutes(5)};

    bool operator==(const FeedbackOptions&) const = default;
};

}  // namespace tokenweir
