/// Time that passes only when a test says so.
#pragma once

#include <algorithm>

#include "proxy/timer_wheel.hpp"

namespace tokenweir::test {

/// Turns `wheel`, whose clock is stopped, tick by tick.
inline void let_pass(proxy::TimerWheel& wheel, Duration time) {
    const Instant end = wheel.clock().now() + time;
    while (wheel.clock().now() < end) {
        wheel.clock().stop(std::min(end, wheel.clock().now() + proxy::TimerWheel::tick));
        wheel.advance(wheel.clock().now());
    }
}

}  // namespace tokenweir::test
