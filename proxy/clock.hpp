/// Where this folder reads the time that deadlines and measurements are in. A test can stop it.
#pragma once

#include "observation/clock.hpp"

namespace tokenweir::proxy {

class Clock {
public:
    /// As the system tells it, or as it was stopped. Costs the reading and a branch that is never taken.
    Instant now() const noexcept { return stopped_ ? stopped_at_ : std::chrono::steady_clock::now(); }

    /// From now on it shows `at`. Time then passes by TimerWheel::advance alone.
    void stop(Instant at) noexcept {
        stopped_ = true;
        stopped_at_ = at;
    }

private:
    bool stopped_ = false;
    Instant stopped_at_{};
};

}  // namespace tokenweir::proxy
