/// Stamps from the wall clock and a counter of the process.
#pragma once

#include "mock/answer.hpp"

namespace tokenweir::mock {

std::int64_t unix_seconds_now() noexcept;

/// Never the same twice in a process, hardly in two. Any thread.
Stamp next_stamp();

}  // namespace tokenweir::mock
