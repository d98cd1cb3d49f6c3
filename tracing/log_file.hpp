/// Where log lines go: standard output, or a file that is appended to and may be rotated away.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>

#include "observation/clock.hpp"

namespace tokenweir::tracing {

class LogFile {
public:
    /// `-` is standard output; any other path is created with mode 0640. Throws std::system_error.
    explicit LogFile(std::string path);
    ~LogFile();
    LogFile(const LogFile&) = delete;
    LogFile& operator=(const LogFile&) = delete;

    struct Progress {
        std::size_t written = 0;
        std::error_code error;  ///< errc::operation_would_block: nobody read for `patience`
    };

    /// One write, as large as goes without waiting for a reader for longer than `patience` (a pipe, a terminal).
    Progress write_some(std::string_view bytes, std::chrono::milliseconds patience);

    /// Opens the path anew; on failure everything stays as it was. Not for standard output.
    std::error_code reopen();

    /// Gives the file the name `aside` and goes on in a new one; on failure everything stays as it was, names included.
    /// Only for regular files.
    std::error_code rotate(const std::string& aside);

    /// Bytes that were there when it was opened, and those written since.
    std::uint64_t bytes() const noexcept { return bytes_; }
    /// When somebody wrote to it last, before it was opened here.
    WallTime written_at() const noexcept { return written_at_; }

    /// The file has bytes after its last line break: a writer died in the middle of a line.
    bool ends_mid_line() const;

    bool is_regular() const noexcept { return !may_wait_; }
    bool is_standard_output() const noexcept { return path_ == "-"; }
    const std::string& path() const noexcept { return path_; }

private:
    void adopt(int descriptor) noexcept;

    const std::string path_;
    int descriptor_ = -1;
    bool may_wait_ = false;  // not a regular file
    std::uint64_t bytes_ = 0;
    WallTime written_at_{};
};

}  // namespace tokenweir::tracing
