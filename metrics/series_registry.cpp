#include "metrics/series_registry.hpp"

#include <algorithm>

namespace tokenweir::metrics {

void Series::add(double value, const Exemplar* exemplar) noexcept {
    if (counter_ != nullptr)
        counter_->Increment(value);
    else
        histogram_->Observe(value);
    offer(value, exemplar);
}

void Series::add(const std::vector<double>& counts, double sum, double longest, const Exemplar* exemplar) noexcept {
    histogram_->ObserveMultiple(counts, sum);
    offer(longest, exemplar);
}

void Series::offer(double value, const Exemplar* exemplar) noexcept {
    if (exemplar == nullptr) return;
    const auto bucket = std::ranges::lower_bound(bounds_, value) - bounds_.begin();  // of a counter: 0
    ExemplarSlot& slot = slots_[static_cast<std::size_t>(bucket)];
    if (!slot.wants(exemplar->time)) return;
    Exemplar its = *exemplar;
    its.value = value;
    slot.offer(its);
}

void SeriesRegistry::declare(const MetricDefinition& metric) {
    const auto [known, is_new] = families_.try_emplace(metric.name);
    if (!is_new) return;
    const std::string name(metric.name), help(metric.help);
    if (metric.type == MetricType::counter)
        known->second.handle = &prometheus::BuildCounter().Name(name).Help(help).Register(registry_);
    else
        known->second.handle = &prometheus::BuildHistogram().Name(name).Help(help).Register(registry_);
}

Series& SeriesRegistry::add(const MetricDefinition& metric, const prometheus::Labels& labels) {
    Family& family = families_.at(metric.name);
    std::vector<prometheus::ClientMetric::Label> key;
    for (const auto& [name, value] : labels) key.push_back({name, value});
    const auto insert = [&](auto&&... arguments) -> Series& {
        const std::lock_guard lock(mutex_);
        return family.series.try_emplace(std::move(key), std::forward<decltype(arguments)>(arguments)...).first->second;
    };
    // prometheus-cpp's look-up and insertion wait while a scrape collects the family: not with our lock in hand.
    if (metric.type == MetricType::counter) return insert(std::get<0>(family.handle)->Add(labels));
    std::vector<double> bounds = buckets_.bounds_of(*metric.buckets);
    return insert(std::get<1>(family.handle)->Add(labels, bounds), std::move(bounds));
}

const ExemplarSlot* SeriesRegistry::exemplars(const std::string& name,
                                              const std::vector<prometheus::ClientMetric::Label>& labels) const {
    const auto family = families_.find(name);
    if (family == families_.end()) return nullptr;
    const std::lock_guard lock(mutex_);
    const auto known = family->second.series.find(labels);
    return known == family->second.series.end() ? nullptr : known->second.slots();
}

}  // namespace tokenweir::metrics
