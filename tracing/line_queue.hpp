/// Lines on their way from the threads that end calls to the one that writes them.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace tokenweir::tracing {

/// Blocks of whole lines. A block is never moved when more comes, so that pushing costs one copy of the line however
/// much is queued; one that was emptied is filled again. Not for two threads at once.
class LineQueue {
public:
    /// Enough for the kernel's cost per write to vanish, small enough to stay in the cache.
    static constexpr std::size_t block_bytes = std::size_t{128} << 10;

    /// Queues a line, which ends with its only line break. Throws std::bad_alloc, and is then as it was.
    void push(std::string_view line) {
        if (used_ == 0 || blocks_[used_ - 1].size() + line.size() > block_bytes) {
            if (used_ == blocks_.size()) blocks_.emplace_back();
            blocks_[used_].reserve(std::max(block_bytes, line.size()));
            ++used_;
        }
        blocks_[used_ - 1] += line;
        bytes_ += line.size();
        ++lines_;
    }

    /// Calls `visit` with each line, in order.
    template <class Visit>
    void for_each(Visit visit) const {
        for (std::size_t i = 0; i < used_; ++i)
            for (std::string_view rest = blocks_[i]; !rest.empty();) {
                const std::string_view line = rest.substr(0, rest.find('\n') + 1);
                visit(line);
                rest.remove_prefix(line.size());
            }
    }

    void clear() noexcept {
        blocks_.resize(std::min(blocks_.size(), kept_blocks));
        for (std::string& block : blocks_)
            if (block.capacity() > block_bytes)
                std::string().swap(block);  // an empty assignment would keep its memory
            else
                block.clear();
        used_ = bytes_ = lines_ = 0;
    }

    bool empty() const noexcept { return lines_ == 0; }
    std::size_t lines() const noexcept { return lines_; }
    std::size_t bytes() const noexcept { return bytes_; }

private:
    static constexpr std::size_t kept_blocks = 8;

    std::vector<std::string> blocks_;
    std::size_t used_ = 0;  // of them, from the front
    std::size_t bytes_ = 0, lines_ = 0;
};

}  // namespace tokenweir::tracing
