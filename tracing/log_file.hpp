/// Where log lines go: standard output, or a file that is appended to and may be rotated away.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <system_error>

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

    /// The file has bytes after its last line break: a writer died in the middle of a line.
    bool ends_mid_line() const;

    bool is_standard_output() const noexcept { return path_ == "-"; }
    const std::string& path() const noexcept { return path_; }

private:
    void adopt(int descriptor) noexcept;

    const std::string path_;
    int descriptor_ = -1;
    bool may_wait_ = false;  // not a regular file
};

}  // namespace tokenweir::tracing
