/// Payloads on disk, oldest first, for a back end that is away: bounded, and still there after a restart.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "tracing/export_transport.hpp"

namespace tokenweir::tracing {

/// A directory of its own with one file per payload. One thread. A process that dies while it writes leaves no half
/// payload behind; a machine that loses power may lose the last ones.
class Spool {
public:
    /// Creates the directory, takes it for this process alone and finds what an earlier one has left. Throws
    /// std::system_error; resource_unavailable_try_again: another process has it.
    Spool(std::string directory, std::size_t max_bytes);
    ~Spool();
    Spool(const Spool&) = delete;
    Spool& operator=(const Spool&) = delete;

    enum class Stored : std::uint8_t { yes, full, failed };

    /// Adds a payload of so many records.
    Stored store(const Payload& payload, std::size_t records);

    bool empty() const noexcept { return entries_.empty(); }
    std::size_t records() const noexcept { return records_; }  ///< in all of the payloads
    std::size_t front_records() const noexcept { return entries_.front().records; }

    /// The oldest payload; nothing if it cannot be read. Requires: not empty.
    std::optional<Payload> front() const;

    /// Forgets the oldest payload. Requires: not empty.
    void pop() noexcept;

private:
    struct Entry {
        std::uint64_t number = 0;
        std::size_t records = 0;
        std::size_t bytes = 0;
        bool is_json = false, gzipped = false;
        std::string path{};  // whole, so that to remove it takes no memory
    };

    static std::optional<Entry> entry_of(std::string_view file_name);
    std::string path_of(const Entry& entry) const;
    void find_entries();

    const std::string directory_;
    const std::size_t max_bytes_;
    int lock_ = -1;  // an open, locked file
    std::deque<Entry> entries_;
    std::size_t bytes_ = 0, records_ = 0;
    std::uint64_t next_number_ = 0;
};

}  // namespace tokenweir::tracing
