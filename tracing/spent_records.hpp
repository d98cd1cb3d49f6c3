/// Records that have been written and wait to be freed by another thread: as many as fit, the oldest one leaves first.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "tracing/record.hpp"

namespace tokenweir::tracing {

class SpentRecords {
public:
    explicit SpentRecords(std::size_t most) : slots_(most) {}

    bool empty() const noexcept { return count_ == 0; }

    /// Returns the oldest one if there is no room for both, else a record that holds nothing.
    Record add(Record record) noexcept {
        Record before = std::exchange(slots_[(first_ + count_) % slots_.size()], std::move(record));
        if (count_ < slots_.size())
            ++count_;
        else
            first_ = (first_ + 1) % slots_.size();
        return before;
    }

    /// The oldest one, or a record that holds nothing.
    Record take() noexcept {
        if (empty()) return {};
        --count_;
        return std::exchange(slots_[std::exchange(first_, (first_ + 1) % slots_.size())], {});
    }

private:
    std::vector<Record> slots_;
    std::size_t first_ = 0, count_ = 0;
};

}  // namespace tokenweir::tracing
