/// The values of a price catalogue as text: exact decimals and dates.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include "metrics/model_prices.hpp"

namespace tokenweir::metrics {

/// "1.25" with four decimals is 12500. Nothing for what is no plain decimal number from 0 to a million, or needs more
/// decimals.
std::optional<std::int64_t> parse_decimal(std::string_view text, int decimals) noexcept;

/// "2026-10-07"
std::optional<std::chrono::sys_days> parse_date(std::string_view text) noexcept;

/// "01:00-04:00" of every day, "mon-fri 01:00-04:00", "sun 00:00-24:00".
std::optional<HourRange> parse_hours(std::string_view text) noexcept;

}  // namespace tokenweir::metrics
