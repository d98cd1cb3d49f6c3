/// What a row of the catalogue says about a metric, and the bounds that histograms share.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "observation/llm_call.hpp"

namespace tokenweir::metrics {

enum class MetricType : std::uint8_t { counter, gauge, histogram };

constexpr std::string_view name_of(MetricType type) noexcept {
    switch (type) {
        case MetricType::counter: return "counter";
        case MetricType::gauge: return "gauge";
        case MetricType::histogram: return "histogram";
    }
    return "untyped";
}

/// Upper bounds of a histogram, shared by the metrics that measure the same kind of thing.
struct BucketSet {
    std::string_view name;
    std::span<const double> bounds;
};

namespace bounds {

/// The sets that the GenAI conventions prescribe; durations go on where theirs end, for slow reasoning calls.
inline constexpr std::array duration{0.01, 0.02,  0.04,  0.08,  0.16,  0.32,   0.64,   1.28,  2.56,
                                     5.12, 10.24, 20.48, 40.96, 81.92, 163.84, 327.68, 655.36};
inline constexpr std::array tokens{1.,     4.,     16.,     64.,      256.,     1024.,     4096.,
                                   16384., 65536., 262144., 1048576., 4194304., 16777216., 67108864.};

/// Our own. Round figures, so that an objective such as "within 2.5 s" is a bound.
inline constexpr std::array latency{0.01, 0.025, 0.05, 0.1, 0.25, 0.5,  1.,   2.5,
                                    5.,   10.,   20.,  40., 60.,  120., 300., 600.};
inline constexpr std::array phase{0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1., 2.5, 5., 10., 30., 120., 600.};
inline constexpr std::array overhead{0.00001, 0.000025, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025,
                                     0.005,   0.01,     0.025,   0.05,   0.1,     0.25,   0.5,   1.};
inline constexpr std::array size{256., 1024., 4096., 16384., 65536., 262144., 1048576., 4194304., 16777216., 67108864.};

}  // namespace bounds

inline constexpr BucketSet duration_buckets{"duration", bounds::duration};
inline constexpr BucketSet token_buckets{"tokens", bounds::tokens};
inline constexpr BucketSet gap_buckets{"gap", gap_bounds};
inline constexpr BucketSet latency_buckets{"latency", bounds::latency};
inline constexpr BucketSet phase_buckets{"phase", bounds::phase};
inline constexpr BucketSet overhead_buckets{"overhead", bounds::overhead};
inline constexpr BucketSet size_buckets{"size", bounds::size};

inline constexpr std::array bucket_sets{duration_buckets, token_buckets,    gap_buckets, latency_buckets,
                                        phase_buckets,    overhead_buckets, size_buckets};

/// Bounds that replace those of the sets; empty: they stay. The gaps are counted while they happen, in fixed buckets.
struct BucketOptions {
    std::vector<double> duration{}, tokens{}, latency{}, phase{}, overhead{}, size{};

    std::vector<double> bounds_of(const BucketSet& set) const;
};

struct MetricDefinition {
    std::string_view name;
    MetricType type;
    std::array<std::string_view, 6> label_names;  ///< the rest empty
    const BucketSet* buckets;                     ///< of a histogram, else nullptr
    std::string_view help;

    constexpr std::span<const std::string_view> labels() const noexcept {
        std::size_t count = 0;
        while (count < label_names.size() && !label_names[count].empty()) ++count;
        return {label_names.data(), count};
    }
};

}  // namespace tokenweir::metrics
