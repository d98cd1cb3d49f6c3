#include "tracing/log_file.hpp"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <utility>

namespace tokenweir::tracing {
namespace {

std::error_code last_error() { return {errno, std::system_category()}; }

int open_for_appending(const std::string& path) {
    return ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0640);
}

}  // namespace

LogFile::LogFile(std::string path) : path_(std::move(path)) {
    const int descriptor = is_standard_output() ? STDOUT_FILENO : open_for_appending(path_);
    if (descriptor < 0) throw std::system_error(last_error(), "cannot open " + path_);
    adopt(descriptor);
}

LogFile::~LogFile() {
    if (!is_standard_output()) ::close(descriptor_);
}

void LogFile::adopt(int descriptor) noexcept {
    descriptor_ = descriptor;
    struct stat info {};
    may_wait_ = ::fstat(descriptor, &info) != 0 || !S_ISREG(info.st_mode);
    bytes_ = may_wait_ ? 0 : static_cast<std::uint64_t>(info.st_size);
    const auto since_1970 = std::chrono::seconds(info.st_mtim.tv_sec) + std::chrono::nanoseconds(info.st_mtim.tv_nsec);
    written_at_ = WallTime(std::chrono::duration_cast<WallTime::duration>(since_1970));
}

LogFile::Progress LogFile::write_some(std::string_view bytes, std::chrono::milliseconds patience) {
    if (may_wait_) {
        // Whoever shares this pipe may rely on it being blocking, so it stays so: a write of up to PIPE_BUF bytes into
        // a pipe that polls as writable does not block (pipe(7)).
        pollfd ready{descriptor_, POLLOUT, 0};
        const int count = ::poll(&ready, 1, static_cast<int>(patience.count()));
        if (count <= 0) return {0, std::make_error_code(std::errc::operation_would_block)};
        bytes = bytes.substr(0, PIPE_BUF);
    }
    const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
    if (written >= 0) {
        bytes_ += static_cast<std::uint64_t>(written);
        return {static_cast<std::size_t>(written), {}};
    }
    if (errno == EINTR) return {};
    if (errno == EAGAIN) return {0, std::make_error_code(std::errc::operation_would_block)};
    return {0, last_error()};
}

std::error_code LogFile::reopen() {
    const int fresh = open_for_appending(path_);
    if (fresh < 0) return last_error();
    ::close(std::exchange(descriptor_, -1));
    adopt(fresh);
    return {};
}

std::error_code LogFile::rotate(const std::string& aside) {
    // Somebody else may have taken the file away: then its place is free already.
    const bool moved = ::rename(path_.c_str(), aside.c_str()) == 0;
    if (!moved && errno != ENOENT) return last_error();
    const std::error_code error = reopen();
    if (error && moved) ::rename(aside.c_str(), path_.c_str());
    return error;
}

bool LogFile::ends_mid_line() const {
    if (may_wait_ || is_standard_output()) return false;
    const int reader = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC);
    if (reader < 0) return false;
    char last = '\n';
    const off_t end = ::lseek(reader, 0, SEEK_END);
    const bool read = end > 0 && ::pread(reader, &last, 1, end - 1) == 1;
    ::close(reader);
    return read && last != '\n';
}

}  // namespace tokenweir::tracing
