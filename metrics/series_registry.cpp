#include "metrics/series_registry.hpp"

#include <algorithm>
#include <memory>
#include <type_traits>

namespace tokenweir::metrics {

void Series::add(const std::vector<double>& counts, double sum, double longest, const Exemplar* exemplar) noexcept {
    histogram_->ObserveMultiple(counts, sum);
    if (exemplar != nullptr) offer(longest, *exemplar);
}

void Series::give(double value, Exemplar exemplar) noexcept {
    const auto bucket = static_cast<std::size_t>(std::ranges::lower_bound(bounds_, value) - bounds_.begin());
    exemplar.value = value;
    last_bucket_.store(bucket, std::memory_order_relaxed);
    last_time_.store(slots_[bucket].offer(exemplar), std::memory_order_relaxed);
}

void SeriesRegistry::declare(const MetricDefinition& metric) {
    const auto [known, is_new] = families_.try_emplace(metric.name);
    if (!is_new) return;
    const std::string name(metric.name), help(metric.help);
    if (metric.type == MetricType::counter) {
        known->second.handle = &prometheus::BuildCounter().Name(name).Help(help).Register(registry_);
    } else {
        known->second.handle = &prometheus::BuildHistogram().Name(name).Help(help).Register(registry_);
        known->second.bounds = buckets_.bounds_of(*metric.buckets);
    }
}

ExemplarSlot* SeriesRegistry::make_slots(std::size_t count) {
    static_assert(std::is_trivially_destructible_v<ExemplarSlot>);  // their memory goes with the registry
    auto* const slots = std::pmr::polymorphic_allocator<ExemplarSlot>(&slots_).allocate(count);
    std::uninitialized_default_construct_n(slots, count);
    return slots;
}

Series& SeriesRegistry::add(const MetricDefinition& metric, const prometheus::Labels& labels) {
    Family& family = families_.at(metric.name);
    std::vector<prometheus::ClientMetric::Label> key;
    for (const auto& [name, value] : labels) key.push_back({name, value});
    if (const auto known = family.series.find(key); known != family.series.end()) return *known->second;
    // prometheus-cpp's insertion waits while a scrape collects the family: not with our lock in hand.
    Series& series =
        metric.type == MetricType::counter
            ? series_.emplace_back(std::get<0>(family.handle)->Add(labels), make_slots(1))
            : series_.emplace_back(std::get<1>(family.handle)->Add(labels, family.bounds),
                                   std::span<const double>(family.bounds), make_slots(family.bounds.size() + 1));
    const std::lock_guard lock(mutex_);
    family.series.emplace(std::move(key), &series);
    return series;
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
