/// What the process asks of the system at its start.
#pragma once

#include <cstddef>

namespace tokenweir::proxy {

/// Before anything is opened. Descriptors 0 to 2 that came closed are /dev/null: else a socket would become one of
/// them, and get what is written to stderr. Signals for what a failed write says just as well are ignored.
void take_over_process() noexcept;

/// As many client connections as RLIMIT_NOFILE, raised as far as it goes, has room for: an upstream connection with
/// each, and what the process needs besides. `configured`: 0, or as many as are wanted, with a warning on stderr if
/// they are too many. Throws std::runtime_error where there is no room for one.
std::size_t connection_limit(std::size_t configured);

/// Lets other threads go before the calling one. (Linux: a nice value is a thread's own, and threads that it starts
/// later inherit it.)
void yield_to_other_threads() noexcept;

}  // namespace tokenweir::proxy
