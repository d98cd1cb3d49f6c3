/// Splits the time of one call into disjoint phases: whenever the proxy waits, it says for what.
#pragma once

#include <optional>

#include "observation/timings.hpp"

namespace tokenweir::proxy {

class PhaseClock {
public:
    explicit PhaseClock(Timings& timings) noexcept : timings_(timings) {}

    /// From `now` on the call waits in `phase`.
    void sleep(Phase phase, Instant now) noexcept {
        wake(now);
        phase_ = phase;
        since_ = now;
    }

    bool sleeping() const noexcept { return phase_.has_value(); }

    /// Something arrived at `now`; the proxy works until the next sleep().
    void wake(Instant now) noexcept {
        if (phase_) timings_.add(*phase_, now - since_);
        phase_.reset();
    }

private:
    Timings& timings_;
    std::optional<Phase> phase_;
    Instant since_{};
};

}  // namespace tokenweir::proxy
