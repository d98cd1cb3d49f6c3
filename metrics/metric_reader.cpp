#include "metrics/metric_reader.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <string_view>
#include <utility>

#include "metrics/exposition.hpp"

namespace tokenweir::metrics {
namespace {

using prometheus::MetricType;

/// Words of the conventions that have an underscore themselves.
constexpr std::array<std::string_view, 7> compounds{"gen_ai",       "time_to_first_chunk", "time_per_output_chunk",
                                                    "input_tokens", "output_tokens",       "cache_read",
                                                    "cache_write"};

/// A name of the conventions, which Prometheus wants with underscores alone.
std::string dotted(std::string_view name) {
    std::string out;
    while (!name.empty()) {
        const auto compound = std::ranges::find_if(compounds, [&](auto word) { return name.starts_with(word); });
        const std::size_t length =
            compound != compounds.end() ? compound->size() : std::min(name.find('_'), name.size());
        out.append(out.empty() ? "" : ".").append(name.substr(0, length));
        name.remove_prefix(std::min(length + 1, name.size()));
    }
    return out;
}

bool is_of_opentelemetry(std::string_view family) noexcept { return family.starts_with("gen_ai_"); }

/// Prometheus puts the unit and the kind into the name, OpenTelemetry does not.
std::string name_of(std::string_view family) {
    if (!is_of_opentelemetry(family)) return std::string(family);
    for (const std::string_view suffix : {"_total", "_seconds"})
        if (family.ends_with(suffix)) family.remove_suffix(suffix.size());
    return dotted(family);
}

std::string_view ucum_unit_of(std::string_view family) noexcept {
    const std::string_view unit = unit_of(family);
    if (!unit.empty()) return unit == "seconds" ? "s" : "By";
    return is_of_opentelemetry(family) && family.find("token") != std::string_view::npos ? "{token}" : "";
}

void read_histogram(MetricPoint& point, Metric& metric, const prometheus::ClientMetric::Histogram& histogram,
                    const ExemplarSlot* slots) {
    point.value = histogram.sample_sum;
    std::uint64_t before = 0;
    metric.bounds.clear();
    for (const auto& bucket : histogram.bucket) {
        metric.bounds.push_back(bucket.upper_bound);
        point.bucket_counts.push_back(bucket.cumulative_count - std::exchange(before, bucket.cumulative_count));
        if (slots == nullptr) continue;
        if (const auto exemplar = slots++->read()) point.exemplars.push_back(*exemplar);
    }
    metric.bounds.pop_back();  // infinity
}

MetricPoint point_of(Metric& metric, const prometheus::MetricFamily& family, const prometheus::ClientMetric& sample,
                     const ExemplarSource& exemplars) {
    MetricPoint point;
    const bool rename = is_of_opentelemetry(family.name);
    for (const auto& [name, value] : sample.label) point.attributes.emplace_back(rename ? dotted(name) : name, value);
    const ExemplarSlot* const slots = exemplars.exemplars(family.name, sample.label);
    if (family.type == MetricType::Histogram) {
        read_histogram(point, metric, sample.histogram, slots);
        return point;
    }
    point.value = family.type == MetricType::Counter ? sample.counter.value : sample.gauge.value;
    if (slots == nullptr) return point;
    if (const auto exemplar = slots->read()) point.exemplars.push_back(*exemplar);
    return point;
}

Metric::Kind kind_of(MetricType type) noexcept {
    if (type == MetricType::Histogram) return Metric::Kind::histogram;
    return type == MetricType::Counter ? Metric::Kind::sum : Metric::Kind::gauge;
}

}  // namespace

std::vector<Metric> MetricReader::read() const {
    std::vector<Metric> metrics;
    for (const prometheus::MetricFamily& family : collect(sources_)) {
        Metric metric{.name = name_of(family.name),
                      .description = family.help,
                      .unit = std::string(ucum_unit_of(family.name)),
                      .kind = kind_of(family.type)};
        for (const prometheus::ClientMetric& sample : family.metric)
            metric.points.push_back(point_of(metric, family, sample, exemplars_));
        if (!metric.points.empty()) metrics.push_back(std::move(metric));
    }
    return metrics;
}

}  // namespace tokenweir::metrics
