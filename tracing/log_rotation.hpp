/// When the call log goes on in a new file, what the old one is called then, and how many of those stay.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <system_error>

#include "observation/clock.hpp"
#include "observation/rotation_options.hpp"

namespace tokenweir::tracing {

class LogRotation {
public:
    explicit LogRotation(RotationOptions options) : options_(options) {}

    /// A file that was last written at `written_at` is now the one that is appended to.
    void begin(WallTime written_at) noexcept;

    /// The file should be another one before it grows to `bytes`. An empty file is good for anything.
    bool is_due(std::uint64_t present_bytes, std::uint64_t bytes, WallTime now) noexcept;

    /// It could not be another one: not before a minute has passed is there another attempt.
    void put_off(WallTime now) noexcept;

    /// A name for the file at `path` that no file has yet, with the time behind it:
    /// calls.jsonl.20260131T235959.000000Z. Each sorts behind the one before, even if the clock was set back.
    std::string next_name(const std::string& path, WallTime now);

    std::size_t keep() const noexcept { return options_.keep; }

private:
    std::int64_t period_of(WallTime time) const noexcept;

    const RotationOptions options_;
    std::int64_t period_ = 0;  // of the first record in the file, or of the last one that was there before
    std::optional<WallTime> not_before_;
    WallTime last_name_{};
};

/// Removes the oldest files that next_name has named, until `keep` are left.
std::error_code remove_rotated(const std::string& path, std::size_t keep);

}  // namespace tokenweir::tracing
