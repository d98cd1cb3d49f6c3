/// What became of the calls that a sink was given: the other side of the conservation law.
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace tokenweir {

/// Counts by reason; the reasons are static text, and stand there with 0 too.
using CountsByReason = std::vector<std::pair<std::string_view, std::uint64_t>>;

/// One consistent reading: calls consumed + restored = written + dropped + declined + queued.
struct SinkStatistics {
    std::string_view name{};  ///< static text
    std::uint64_t written = 0;
    CountsByReason dropped{};  ///< lost
    std::uint64_t queued = 0;
    CountsByReason declined{};   ///< not meant for this sink
    std::uint64_t restored = 0;  ///< left on disk by an earlier process
    CountsByReason rotations{};  ///< times it went on in a new file, by result; empty: it writes none

    bool operator==(const SinkStatistics&) const = default;
};

/// A sink that keeps account of its calls.
class SinkAccount {
public:
    virtual ~SinkAccount() = default;

    /// Any thread; may wait for a short lock, never for I/O.
    virtual SinkStatistics statistics() const = 0;
};

}  // namespace tokenweir
