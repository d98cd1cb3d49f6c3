/// A provider's rate-limit headers, in the two styles there are: x-ratelimit-* and anthropic-ratelimit-*.
#pragma once

#include "observation/clock.hpp"
#include "observation/field.hpp"
#include "observation/llm_call.hpp"

namespace tokenweir::parsers {

/// `now`: when the response arrived, for resets that are given as a date.
Quotas read_quotas(Fields response_fields, WallTime now) noexcept;

/// Seconds of "6ms", "1m3.5s", "2h", "500" or "0.5"; nothing for anything else.
std::optional<double> parse_span(std::string_view text) noexcept;

/// RFC 3339, with or without a fraction; nothing for anything else.
std::optional<WallTime> parse_date(std::string_view text) noexcept;

}  // namespace tokenweir::parsers
