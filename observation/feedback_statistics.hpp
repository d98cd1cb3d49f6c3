/// What became of feedback, and how far back calls are remembered for it.
#pragma once

#include <cstdint>

#include "observation/clock.hpp"
#include "observation/sink_statistics.hpp"

namespace tokenweir {

struct FeedbackStatistics {
    CountsByReason requests{};  ///< by result
    std::uint64_t held = 0;     ///< evaluations that wait for their call to end
    std::uint64_t indexed = 0;  ///< calls that feedback can name
    Seconds index_age{};        ///< since the oldest of them ended; 0: there is none

    bool operator==(const FeedbackStatistics&) const = default;
};

class FeedbackAccount {
public:
    virtual ~FeedbackAccount() = default;

    /// Any thread; may wait for a short lock, never for I/O.
    virtual FeedbackStatistics feedback_statistics() const = 0;
};

}  // namespace tokenweir
