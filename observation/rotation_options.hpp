/// What the operator wants of a log file that grows.
#pragma once

#include <chrono>
#include <cstddef>

namespace tokenweir {

/// Without a size and an interval nothing is rotated.
struct RotationOptions {
    std::size_t max_bytes = 0;              ///< of a file, unless one record alone is larger; 0: no limit
    std::chrono::milliseconds interval{0};  ///< periods begin at its multiples since 1970, UTC; 0: none
    std::size_t keep = 10;                  ///< files that were rotated away

    bool operator==(const RotationOptions&) const = default;
};

}  // namespace tokenweir
