/// What the mock has seen: numbers that its own thread writes and anyone may read.
#pragma once

#include <atomic>
#include <cstdint>

namespace tokenweir::mock {

struct Counts {
    std::atomic<std::uint64_t> connections{0};       ///< accepted
    std::atomic<std::uint64_t> connections_open{0};  ///< now
    std::atomic<std::uint64_t> requests{0};          ///< read to their end
    std::atomic<std::uint64_t> answers_open{0};      ///< being sent or waited for, now
    std::atomic<std::uint64_t> clients_gone{0};      ///< answers given up because the client closed or reset
};

}  // namespace tokenweir::mock
