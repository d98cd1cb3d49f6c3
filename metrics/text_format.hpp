/// The Prometheus text format 0.0.4.
#pragma once

#include <prometheus/metric_family.h>

#include <span>
#include <string>
#include <string_view>

namespace tokenweir::metrics {

inline constexpr std::string_view text_content_type = "text/plain; version=0.0.4; charset=utf-8";

/// Appends the families in the order given, each with its samples in theirs. Help and label values must be UTF-8.
void append_text(std::string& out, std::span<const prometheus::MetricFamily> families);

/// As short as it can be read back, without exponent from 0.0001 up to 10^17; NaN, +Inf, -Inf.
void append_number(std::string& out, double value);

}  // namespace tokenweir::metrics
