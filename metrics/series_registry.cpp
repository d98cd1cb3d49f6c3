#include "metrics/series_registry.hpp"

#include <cassert>
#include <limits>
#include <memory>
#include <type_traits>

namespace tokenweir::metrics {

void Series::add(std::span<const std::uint32_t> counts, double sum, double longest, const Exemplar* exemplar) noexcept {
    assert(counts_ != nullptr);
    for (std::size_t i = 0; i < counts.size(); ++i)
        if (counts[i] > 0) counts_[i].fetch_add(counts[i], std::memory_order_relaxed);
    sum_.fetch_add(sum, std::memory_order_relaxed);
    if (exemplar != nullptr) offer(longest, *exemplar);
}

void Series::give(double value, Exemplar exemplar) noexcept {
    const std::size_t bucket = search(value);
    exemplar.value = value;
    last_bucket_.store(bucket, std::memory_order_relaxed);
    last_time_.store(slots_[bucket].offer(exemplar), std::memory_order_relaxed);
}

prometheus::ClientMetric::Histogram Series::read() const {
    prometheus::ClientMetric::Histogram histogram;
    histogram.bucket.reserve(bounds_.size() + 1);
    for (std::size_t i = 0; i <= bounds_.size(); ++i) {
        histogram.sample_count += counts_[i].load(std::memory_order_relaxed);
        const double bound = i < bounds_.size() ? bounds_[i] : std::numeric_limits<double>::infinity();
        histogram.bucket.push_back({.cumulative_count = histogram.sample_count, .upper_bound = bound});
    }
    histogram.sample_sum = sum_.load(std::memory_order_relaxed);
    return histogram;
}

void SeriesRegistry::declare(const MetricDefinition& metric) {
    const auto [known, is_new] = families_.try_emplace(metric.name);
    if (!is_new) return;
    Family& family = known->second;
    family.help = metric.help;
    if (metric.type == MetricType::counter)
        family.counters = &prometheus::BuildCounter()
                               .Name(std::string(metric.name))
                               .Help(std::string(metric.help))
                               .Register(registry_);
    else
        family.bounds = buckets_.bounds_of(*metric.buckets);
}

/// Objects of value zero, whose memory goes with the registry.
template <class Object>
Object* SeriesRegistry::make(std::size_t count) {
    static_assert(std::is_trivially_destructible_v<Object>);
    auto* const objects = std::pmr::polymorphic_allocator<Object>(&buckets_memory_).allocate(count);
    std::uninitialized_value_construct_n(objects, count);
    return objects;
}

Series& SeriesRegistry::add(const MetricDefinition& metric, const prometheus::Labels& labels) {
    Family& family = families_.at(metric.name);
    std::vector<prometheus::ClientMetric::Label> key;
    for (const auto& [name, value] : labels) key.push_back({name, value});
    if (const auto known = family.series.find(key); known != family.series.end()) return *known->second;
    const std::size_t buckets = family.bounds.size() + 1;
    // prometheus-cpp's insertion waits while a scrape collects the family: not with our lock in hand.
    Series& series = family.counters != nullptr
                         ? series_.emplace_back(family.counters->Add(labels), make<ExemplarSlot>(1))
                         : series_.emplace_back(std::span<const double>(family.bounds), make<Series::Count>(buckets),
                                                make<ExemplarSlot>(buckets));
    const std::lock_guard lock(mutex_);
    family.series.emplace(std::move(key), &series);
    return series;
}

std::vector<prometheus::MetricFamily> SeriesRegistry::collect() const {
    std::vector<prometheus::MetricFamily> families = registry_.Collect();
    const std::lock_guard lock(mutex_);
    for (const auto& [name, family] : families_) {
        if (family.counters != nullptr || family.series.empty()) continue;
        auto& collected = families.emplace_back();
        collected.name = name;
        collected.help = family.help;
        collected.type = prometheus::MetricType::Histogram;
        collected.metric.reserve(family.series.size());
        for (const auto& [labels, series] : family.series) {
            auto& metric = collected.metric.emplace_back();
            metric.label = labels;
            metric.histogram = series->read();
        }
    }
    return families;
}

const ExemplarSlot* SeriesRegistry::exemplars(const std::string& name,
                                              const std::vector<prometheus::ClientMetric::Label>& labels) const {
    const auto family = families_.find(name);
    if (family == families_.end()) return nullptr;
    const std::lock_guard lock(mutex_);
    const auto known = family->second.series.find(labels);
    return known == family->second.series.end() ? nullptr : known->second->slots();
}

}  // namespace tokenweir::metrics
