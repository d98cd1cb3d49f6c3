#include "mock/stamp_source.hpp"

#include <atomic>
#include <chrono>
#include <cinttypes>
#include <cstdio>
#include <random>

namespace tokenweir::mock {

std::int64_t unix_seconds_now() noexcept {
    return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch())
        .count();
}

Stamp next_stamp() {
    static const unsigned process = std::random_device{}();
    static std::atomic<std::uint64_t> count{0};
    std::string unique(24, '\0');
    std::snprintf(unique.data(), unique.size() + 1, "%08x%016" PRIx64, process, ++count);
    return {.unique = std::move(unique), .unix_seconds = unix_seconds_now()};
}

}  // namespace tokenweir::mock
