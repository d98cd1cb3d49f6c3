/// Records that have been written and wait to be freed by another thread: as many as fit, the oldest one leaves first.
#pragma once

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

namespace tokenweir::tracing {

/// What a record held, which only has to be freed.
using Spent = std::shared_ptr<const void>;

class SpentRecords {
public:
    explicit SpentRecords(std::size_t most) : slots_(most) {}

    bool empty() const noexcept { return count_ == 0; }

    /// Returns the oldest one if there is no room for both, else nothing.
    Spent add(Spent record) noexcept {
        Spent before = std::exchange(slots_[(first_ + count_) % slots_.size()], std::move(record));
        if (count_ < slots_.size())
            ++count_;
        else
            first_ = (first_ + 1) % slots_.size();
        return before;
    }

    /// The oldest one, or nothing.
    Spent take() noexcept {
        if (empty()) return {};
        --count_;
        return std::exchange(slots_[std::exchange(first_, (first_ + 1) % slots_.size())], {});
    }

private:
    std::vector<Spent> slots_;
    std::size_t first_ = 0, count_ = 0;
};

}  // namespace tokenweir::tracing
