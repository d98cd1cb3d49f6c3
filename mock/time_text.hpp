/// Instants of the wall clock as the texts that headers and bodies want.
#pragma once

#include <array>
#include <cstdint>
#include <ctime>
#include <string>

namespace tokenweir::mock {

inline std::tm utc(std::int64_t unix_seconds) noexcept {
    std::tm parts{};
    const std::time_t time = unix_seconds;
    gmtime_r(&time, &parts);
    return parts;
}

/// 2026-01-06T17:30:27Z
inline std::string rfc3339(std::int64_t unix_seconds) {
    const std::tm parts = utc(unix_seconds);
    std::array<char, 32> text{};
    return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts)};
}

/// Tue, 06 Jan 2026 17:30:27 GMT (RFC 9110 §5.6.7); requires the C locale, which a process starts with.
inline std::string http_date(std::int64_t unix_seconds) {
    const std::tm parts = utc(unix_seconds);
    std::array<char, 32> text{};
    return {text.data(), std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts)};
}

}  // namespace tokenweir::mock
