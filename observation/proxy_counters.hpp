/// What the proxy counts about itself: plain numbers that each worker writes alone and anyone may read.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "observation/outcome.hpp"

namespace tokenweir {

/// A number with one writing thread: no locked instruction on the path of a byte.
class Tally {
public:
    void add(std::uint64_t n = 1) noexcept {
        value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
    }
    void remove(std::uint64_t n = 1) noexcept {
        value_.store(value_.load(std::memory_order_relaxed) - n, std::memory_order_relaxed);
    }
    std::uint64_t read() const noexcept { return value_.load(std::memory_order_relaxed); }

private:
    std::atomic<std::uint64_t> value_{0};
};

/// One per worker thread. `accepted = sum of finished + in_flight` holds whenever the worker is between two events.
struct ProxyCounters {
    Tally calls_accepted;
    Tally calls_in_flight;
    std::array<Tally, outcome_count> calls_finished;
    Tally probes_answered;  ///< HEAD / and GET / on a proxy with routes: not calls

    Tally client_connections_open;
    Tally client_connections_accepted;
    Tally client_connections_refused;  ///< over the limit; told so with 503

    Tally upstream_connections_open;
    Tally upstream_connections_idle;
    Tally upstream_connections_opened;
    Tally upstream_connections_reused;
    Tally upstream_retries;  ///< requests sent again on a fresh connection because a pooled one was stale

    Tally client_bytes_read, client_bytes_written;
    Tally upstream_bytes_read, upstream_bytes_written;
    Tally backpressure_pauses;  ///< times a side was not read because the other one was full
};

/// One per process, written by the thread of the admin port: connections over its limits, told so with 503.
struct AdminCounters {
    Tally admin_connections_refused;
    Tally feedback_connections_refused;  ///< of the port behind feedback.path
};

}  // namespace tokenweir
