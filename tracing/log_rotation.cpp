#include "tracing/log_rotation.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <string_view>
#include <vector>

namespace tokenweir::tracing {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::minutes pause_after_failure{1};

/// As next_name writes it: a digit where there is a '0'.
constexpr std::string_view suffix_shape = ".00000000T000000.000000Z";

bool is_rotated_suffix(std::string_view text) {
    return std::ranges::equal(text, suffix_shape,
                              [](char c, char shape) { return shape == '0' ? c >= '0' && c <= '9' : c == shape; });
}

std::string suffix_of(WallTime time) {
    using std::chrono::microseconds;
    const auto since_1970 = std::chrono::floor<microseconds>(time.time_since_epoch());
    const auto seconds = std::chrono::floor<std::chrono::seconds>(since_1970);
    const std::time_t whole = seconds.count();
    std::tm utc{};
    ::gmtime_r(&whole, &utc);
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), ".%04d%02d%02dT%02d%02d%02d.%06dZ", utc.tm_year + 1900, utc.tm_mon + 1,
                  utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec, static_cast<int>((since_1970 - seconds).count()));
    return text.data();
}

}  // namespace

void LogRotation::begin(WallTime written_at) noexcept {
    period_ = period_of(written_at);
    not_before_.reset();
}

bool LogRotation::is_due(std::uint64_t present_bytes, std::uint64_t bytes, WallTime now) noexcept {
    if (present_bytes == 0) period_ = period_of(now);
    if (present_bytes == 0 || (not_before_ && now < *not_before_)) return false;
    const bool too_large = options_.max_bytes > 0 && bytes > options_.max_bytes;
    return too_large || period_of(now) > period_;
}

void LogRotation::put_off(WallTime now) noexcept { not_before_ = now + pause_after_failure; }

std::int64_t LogRotation::period_of(WallTime time) const noexcept {
    if (options_.interval.count() == 0) return 0;
    return std::chrono::floor<std::chrono::milliseconds>(time.time_since_epoch()) / options_.interval;
}

std::string LogRotation::next_name(const std::string& path, WallTime now) {
    for (last_name_ = std::max(now, last_name_ + std::chrono::microseconds(1));;
         last_name_ += std::chrono::microseconds(1)) {
        std::string name = path + suffix_of(last_name_);
        std::error_code ignored;
        if (!fs::exists(name, ignored)) return name;
    }
}

std::error_code remove_rotated(const std::string& path, std::size_t keep) {
    const fs::path file(path);
    const fs::path folder = file.has_parent_path() ? file.parent_path() : fs::path(".");
    const std::string name = file.filename().string();
    std::vector<fs::path> rotated;
    std::error_code error;
    for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
        const std::string its = entry->path().filename().string();
        if (its.starts_with(name) && is_rotated_suffix(std::string_view(its).substr(name.size())))
            rotated.push_back(entry->path());
    }
    if (error || rotated.size() <= keep) return error;
    std::ranges::sort(rotated);
    rotated.resize(rotated.size() - keep);
    for (const fs::path& old : rotated)
        if (std::error_code failure; !fs::remove(old, failure) && failure) error = failure;
    return error;
}

}  // namespace tokenweir::tracing
