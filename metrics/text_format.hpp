/// The text formats that Prometheus reads: its own, 0.0.4, and OpenMetrics 1.0.
#pragma once

#include <prometheus/metric_family.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "metrics/exemplar.hpp"

namespace tokenweir::metrics {

enum class TextFormat : std::uint8_t { prometheus, openmetrics };

constexpr std::string_view content_type(TextFormat format) noexcept {
    return format == TextFormat::openmetrics ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
                                             : "text/plain; version=0.0.4; charset=utf-8";
}

/// Appends the families in the order given, each with its samples in theirs. Help and label values must be UTF-8. A
/// bound of a bucket is written the same way in both formats, so that the series keep their names. OpenMetrics shows
/// exemplars, where there are any, and ends here: nothing may be appended to it.
void append_text(std::string& out, std::span<const prometheus::MetricFamily> families, TextFormat format,
                 const ExemplarSource* exemplars = nullptr);

/// "seconds" or "bytes" where the name of a family ends with it, `_total` aside; else empty.
std::string_view unit_of(std::string_view name) noexcept;

/// As short as it can be read back, without exponent from 0.0001 up to 10^17; NaN, +Inf, -Inf.
void append_number(std::string& out, double value);

/// The value of a label `le`: as Go writes a number, with a point (OpenMetrics 1.0, "Canonical Numbers").
void append_bound(std::string& out, double value);

}  // namespace tokenweir::metrics
