/// Metrics at an instant, for whoever sends them on: OpenTelemetry's data model, as far as it is needed.
#pragma once

#include <cstdint>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "observation/trace_context.hpp"

namespace tokenweir {

/// One call as an example of what a number counts, by its trace (OpenMetrics 1.0, "Exemplars").
struct Exemplar {
    TraceId trace_id{};
    SpanId span_id{};
    double value = 0;
    double time = 0;  ///< seconds since 1970

    std::uint64_t unix_nanos() const noexcept { return static_cast<std::uint64_t>(time * 1e9); }

    bool operator==(const Exemplar&) const = default;
};

struct MetricPoint {
    std::vector<std::pair<std::string, std::string>> attributes{};
    double value = 0;                            ///< of a histogram: the sum of what was observed
    std::vector<std::uint64_t> bucket_counts{};  ///< of a histogram: one more than it has bounds, not cumulative
    std::vector<Exemplar> exemplars{};

    std::uint64_t count() const noexcept { return std::reduce(bucket_counts.begin(), bucket_counts.end()); }

    bool operator==(const MetricPoint&) const = default;
};

struct Metric {
    enum class Kind : std::uint8_t { sum, gauge, histogram };

    std::string name{}, description{};
    std::string unit{};  ///< of UCUM; may be empty
    Kind kind = Kind::gauge;
    std::vector<double> bounds{};  ///< of a histogram: upper, inclusive, ascending, without infinity
    std::vector<MetricPoint> points{};

    bool operator==(const Metric&) const = default;
};

class MetricSource {
public:
    virtual ~MetricSource() = default;

    /// What has been counted since the process started; sums only grow. Any thread.
    virtual std::vector<Metric> read() const = 0;
};

}  // namespace tokenweir
