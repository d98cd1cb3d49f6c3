/// What became of the calls that a sink was given: the other side of the conservation law.
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace tokenweir {

/// One consistent reading: calls consumed = written + the sum of dropped + queued.
struct SinkStatistics {
    std::string_view name{};  ///< static text
    std::uint64_t written = 0;
    std::vector<std::pair<std::string_view, std::uint64_t>> dropped{};  ///< by reason (static text), zeros included
    std::uint64_t queued = 0;

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
