/// Which calls have ended without being in the index: those that generated nothing, and what there was no room for.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "observation/call_id.hpp"

namespace tokenweir::feedback {

/// About the last `slots` of them: each takes the place of one before, which its hash decides. Any thread, no lock.
class EndedCalls {
public:
    static constexpr std::size_t slots = 65'536;  ///< of 8 bytes

    void add(const CallId& id) noexcept {
        const std::uint64_t hashed = hash(id.view());
        hashes_[hashed % slots].store(hashed, std::memory_order_relaxed);
    }

    bool contains(std::string_view id) const noexcept {
        const std::uint64_t hashed = hash(id);
        return hashes_[hashed % slots].load(std::memory_order_relaxed) == hashed;
    }

private:
    static std::uint64_t hash(std::string_view id) noexcept { return std::hash<std::string_view>{}(id); }

    std::vector<std::atomic<std::uint64_t>> hashes_ = std::vector<std::atomic<std::uint64_t>>(slots);
};

}  // namespace tokenweir::feedback
