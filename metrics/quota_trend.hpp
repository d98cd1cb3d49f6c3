/// One rate limit of a provider as its response headers tell it over time, and when nothing will be left of it.
#pragma once

#include <optional>

#include "observation/llm_call.hpp"

namespace tokenweir::metrics {

class QuotaTrend {
public:
    /// What is known `now`; the last word of the provider, moved on by the time since.
    struct Reading {
        std::optional<double> limit, remaining;
        std::optional<double> reset_seconds;       ///< from now; 0 once it has passed
        std::optional<double> exhaustion_seconds;  ///< from now; absent unless the rest shrinks

        bool operator==(const Reading&) const = default;
    };

    /// The rate of decline is taken over at least this long.
    static constexpr std::chrono::seconds window{10};

    /// After this long without a word from the provider nothing is known.
    static constexpr std::chrono::minutes lifetime{5};

    /// `at`: when the headers came. Older news than the last are ignored, as are headers without a number.
    void see(const Quota& quota, Instant at) noexcept;

    Reading read(Instant now) const noexcept;

private:
    struct Point {
        Instant at;
        double remaining;
    };

    Quota last_;
    std::optional<Instant> at_;
    std::optional<Point> anchor_;  // where the decline is counted from
    double decline_ = 0;           // per second; 0: it does not shrink, or nobody knows
};

}  // namespace tokenweir::metrics
