/// The two clocks of a record: a monotonic one for every duration, a wall clock for the one timestamp.
#pragma once

#include <chrono>

namespace tokenweir {

/// Monotonic; never jumps. All durations are differences of two of these.
using Instant = std::chrono::steady_clock::time_point;
using Duration = std::chrono::steady_clock::duration;

/// UTC; read once a call, for `time`.
using WallTime = std::chrono::system_clock::time_point;

/// Durations as they are reported: seconds.
using Seconds = std::chrono::duration<double>;

}  // namespace tokenweir
