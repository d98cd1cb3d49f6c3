#include "metrics/call_recorder.hpp"

#include <algorithm>
#include <cassert>
#include <optional>
#include <string>

namespace tokenweir::metrics {
namespace {

constexpr std::array<std::string_view, 6> status_classes{"", "1xx", "2xx", "3xx", "4xx", "5xx"};

std::uint8_t status_class(const std::optional<int>& status) noexcept {
    return static_cast<std::uint8_t>(status && *status >= 100 && *status < 600 ? *status / 100 : 0);
}

void count_overflows(const LlmCall& call, const LabelKey& key, Measurements& out) noexcept {
    const auto count = [&](LabelBudget::Id id, std::string_view value, std::size_t at) {
        if (id == LabelBudget::other && value != LabelBudget::other_text) out.set(at, 1);
    };
    count(key.route, call.route, series("tokenweir_label_overflow_total", "route"));
    count(key.operation, call.operation, series("tokenweir_label_overflow_total", "operation"));
    count(key.provider, call.provider, series("tokenweir_label_overflow_total", "provider"));
    count(key.model, call.request_model, series("tokenweir_label_overflow_total", "model"));
    count(key.error_type, call.error_type, series("tokenweir_label_overflow_total", "error_type"));
}

LabelKey key_of(const LlmCall& call) noexcept {
    LabelKey key{};
    key.outcome = call.outcome;
    key.source = call.usage.source;
    key.status_class = status_class(call.status);
    return key;
}

bool decided_by_series(const CallSeries& row) noexcept {
    return std::ranges::all_of(row.metric->labels(), [&](std::string_view label) { return label == row.fixed_label; });
}

prometheus::Histogram::BucketBoundaries boundaries(const MetricDefinition& metric) {
    return {metric.buckets->bounds.begin(), metric.buckets->bounds.end()};
}

}  // namespace

CallRecorder::CallRecorder(const LabelLimits& limits)
    : routes_(limits.max_routes),
      operations_(limits.max_operations),
      providers_(limits.max_providers),
      models_(limits.max_models),
      error_types_(limits.max_error_types) {
    Handles unused;
    for (std::size_t at = 0; at < call_series.size(); ++at) {
        const MetricDefinition& metric = *call_series[at].metric;
        const std::string name(metric.name), help(metric.help);
        if (metric.type == MetricType::counter)
            families_.try_emplace(metric.name, &prometheus::BuildCounter().Name(name).Help(help).Register(registry_));
        else
            families_.try_emplace(metric.name, &prometheus::BuildHistogram().Name(name).Help(help).Register(registry_));
        if (decided_by_series(call_series[at])) create(at, {}, unused);  // a closed set is there from the start, at 0
    }
}

bool CallRecorder::record_known(const LlmCall& call) noexcept {
    LabelKey key = key_of(call);
    const auto know = [](const LabelBudget& budget, std::string_view value, LabelBudget::Id& id) {
        const auto found = budget.find(value);
        id = found.value_or(LabelBudget::absent);
        return found.has_value();
    };
    if (!know(routes_, call.route, key.route) || !know(operations_, call.operation, key.operation) ||
        !know(providers_, call.provider, key.provider) || !know(models_, call.request_model, key.model) ||
        !know(error_types_, call.error_type, key.error_type))
        return false;
    const Handles* handles = handles_.find(key);
    if (handles == nullptr) return false;
    Measurements numbers;
    measure(call, numbers);
    count_overflows(call, key, numbers);
    if ((numbers.present & ~handles->created.load(std::memory_order_acquire)) != 0) return false;
    add(call, numbers, *handles);
    known_.fetch_add(1, std::memory_order_relaxed);
    return true;
}

void CallRecorder::record(const LlmCall& call) {
    LabelKey key = key_of(call);
    key.route = routes_.admit(call.route);
    key.operation = operations_.admit(call.operation);
    key.provider = providers_.admit(call.provider);
    key.model = models_.admit(call.request_model);
    key.error_type = error_types_.admit(call.error_type);
    Measurements numbers;
    measure(call, numbers);
    count_overflows(call, key, numbers);

    Handles* handles = handles_.find(key);
    if (handles == nullptr) handles = &handles_.insert(key);
    const std::uint64_t created = handles->created.load(std::memory_order_relaxed);
    for (std::uint64_t rest = numbers.present & ~created; rest != 0; rest &= rest - 1)
        create(static_cast<std::size_t>(std::countr_zero(rest)), key, *handles);
    handles->created.store(created | numbers.present, std::memory_order_release);
    add(call, numbers, *handles);
}

void CallRecorder::create(std::size_t at, const LabelKey& key, Handles& handles) {
    const CallSeries& row = call_series[at];
    prometheus::Labels labels;
    for (const std::string_view label : row.metric->labels()) {
        const std::string_view value = label == row.fixed_label ? row.fixed_value : label_value(label, key);
        if (!value.empty()) labels.emplace(label, value);
    }
    const Family& family = families_.at(row.metric->name);
    if (at < counter_series)
        handles.counters[at] = &std::get<0>(family)->Add(labels);
    else
        handles.histograms[at - counter_series] = &std::get<1>(family)->Add(labels, boundaries(*row.metric));
}

void CallRecorder::add(const LlmCall& call, const Measurements& numbers, const Handles& handles) noexcept {
    for (std::uint64_t rest = numbers.present; rest != 0; rest &= rest - 1) {
        const auto at = static_cast<std::size_t>(std::countr_zero(rest));
        if (at < counter_series) {
            handles.counters[at]->Increment(numbers.values[at]);
        } else if (at == gap_series) {
            thread_local std::vector<double> counts(call.gaps.counts.size());
            std::ranges::copy(call.gaps.counts, counts.begin());
            handles.histograms[at - counter_series]->ObserveMultiple(counts, call.gaps.sum_seconds);
        } else {
            handles.histograms[at - counter_series]->Observe(numbers.values[at]);
        }
    }
}

std::string_view CallRecorder::label_value(std::string_view label, const LabelKey& key) const noexcept {
    if (label == "route") return routes_.text(key.route);
    if (label == "operation" || label == "gen_ai_operation_name") return operations_.text(key.operation);
    if (label == "provider" || label == "gen_ai_provider_name") return providers_.text(key.provider);
    if (label == "model" || label == "gen_ai_request_model") return models_.text(key.model);
    if (label == "error_type") return error_types_.text(key.error_type);
    if (label == "outcome") return name_of(key.outcome);
    if (label == "source") return name_of(key.source);
    if (label == "status_class") return status_classes[key.status_class];
    assert(!"a label that no call decides");
    return {};
}

}  // namespace tokenweir::metrics
