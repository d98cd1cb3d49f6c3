/// Points and spans of time as headers write them: "6ms", "1m3.5s", "30", RFC 3339, the dates of HTTP, Unix times.
#pragma once

#include <optional>
#include <string_view>

#include "observation/clock.hpp"

namespace tokenweir::parsers {

/// Decimal digits with an optional fraction off the front of `text`; nothing for a sign, an exponent or a word.
std::optional<double> take_number(std::string_view& text) noexcept;

/// Seconds of "6ms", "1m3.5s", "2h", "500" or "0.5"; nothing for anything else.
std::optional<double> parse_span(std::string_view text) noexcept;

/// RFC 3339, with or without a fraction; nothing for anything else.
std::optional<WallTime> parse_date(std::string_view text) noexcept;

/// "Sun, 06 Nov 1994 08:49:37 GMT", the one form that may be sent (RFC 9110 §5.6.7); nothing for anything else.
std::optional<WallTime> parse_http_date(std::string_view text) noexcept;

/// Seconds from `now` to what `text` says, in any of the forms above. A bare number from 1e9 on is a Unix time, from
/// 1e12 on one in milliseconds. What has passed, a negative span included, is 0.
std::optional<double> seconds_until(std::string_view text, WallTime now) noexcept;

}  // namespace tokenweir::parsers
