#include "metrics/call_recorder.hpp"

#include <algorithm>
#include <iterator>
#include <string>

#include "metrics/samples.hpp"

namespace tokenweir::metrics {
namespace {

bool decided_by_series(const CallSeries& row) noexcept {
    return std::ranges::all_of(row.metric->labels(), [&](std::string_view label) { return label == row.fixed_label; });
}

bool takes_tags(const MetricDefinition& metric) noexcept {
    return std::ranges::find(metric.labels(), std::string_view("model")) != metric.labels().end();
}

/// Streams that brought something make the counters of those that did not exist at 0, for rates to begin there.
void add_companions(SeriesSet<call_series.size()>& present) noexcept {
    if (!present.has(series("tokenweir_time_to_first_token_seconds"))) return;
    for (const std::size_t at :
         {series("tokenweir_no_first_token_total", "cancelled"), series("tokenweir_no_first_token_total", "timeout"),
          series("tokenweir_no_first_token_total", "error"), series("tokenweir_no_first_token_total", "no_output")})
        present.add(at);
}

/// Only a trace that somebody keeps is worth pointing at.
std::optional<Exemplar> exemplar_of(const LlmCall& call) noexcept {
    if (!call.trace || !call.trace->sampled) return std::nullopt;
    const WallTime ended =
        call.timings.started_at + std::chrono::duration_cast<WallTime::duration>(call.timings.duration());
    return Exemplar{.trace_id = call.trace->trace_id,
                    .span_id = call.trace->span_id,
                    .value = 0,
                    .time = Seconds(ended.time_since_epoch()).count()};
}

/// The head of the response came with its first byte, or is not much older.
void note_quotas(const LlmCall& call, ProviderQuotas& quotas) noexcept {
    quotas.see(call.quotas, call.timings.first_byte.value_or(call.timings.ended));
}

}  // namespace

CallRecorder::CallRecorder(const CallMetricsOptions& options)
    : dialect_(options.dialect),
      max_combinations_(options.labels.max_combinations),
      series_(options.buckets),
      labels_(options.labels) {
    for (const CallSeries& row : call_series) series_.declare(*row.metric);
    for (const CallSeries& row : call_series)
        if (decided_by_series(row)) create(row, {});  // a closed set is there from the start, at 0
    constexpr const MetricDefinition& overflow = metric("tokenweir_label_overflow_total");
    series_.declare(overflow);
    for (const std::string& label : labels_.names()) overflows_.push_back(&series_.add(overflow, {{"label", label}}));
    overflows_.push_back(&series_.add(overflow, {{"label", "combination"}}));
}

CallRecorder::Handles* CallRecorder::find(CallLabels::Key& key, bool& folded) const noexcept {
    // Read before looking: a combination added last would otherwise be missed and yet found to have no room.
    const bool full = combinations_.load(std::memory_order_acquire) >= max_combinations_;
    if (Handles* handles = handles_.find(key); handles != nullptr || !full) return handles;
    folded = true;
    key = CallLabels::folded(key);
    return handles_.find(key);
}

bool CallRecorder::record_known(const LlmCall& call) noexcept {
    std::optional<CallLabels::Key> key = labels_.find(call);
    if (!key) return false;
    const CallLabels::Key whole = *key;
    bool folded = false;
    const Handles* handles = find(*key, folded);
    if (handles == nullptr) return false;
    ProviderQuotas* quotas = nullptr;
    if (call.quotas != Quotas{}) {
        quotas = handles->quotas.load(std::memory_order_acquire);
        if (quotas == nullptr) return false;
    }
    const Measurements numbers = measured(call, *key);
    if (!numbers.present.all_of([&](std::size_t at) { return handles->at(at) != nullptr; })) return false;
    add(call, numbers, *handles);
    count_overflows(call, whole, folded);
    if (quotas != nullptr) note_quotas(call, *quotas);
    known_.fetch_add(1, std::memory_order_relaxed);
    return true;
}

void CallRecorder::record(const LlmCall& call) {
    CallLabels::Key key = labels_.admit(call);
    const CallLabels::Key whole = key;
    bool folded = false;
    Handles* handles = find(key, folded);
    if (handles == nullptr) {
        handles = &handles_.insert(key);
        combinations_.fetch_add(1, std::memory_order_release);
    }
    const Measurements numbers = measured(call, key);
    auto needed = numbers.present;
    add_companions(needed);
    needed.for_each([&](std::size_t at) {
        if (handles->at(at) == nullptr)
            handles->series[at].store(&create(call_series[at], key), std::memory_order_release);
    });
    add(call, numbers, *handles);
    count_overflows(call, whole, folded);
    if (call.quotas == Quotas{}) return;
    ProviderQuotas& quotas = quotas_.of(labels_.text("route", key), labels_.text("provider", key));
    handles->quotas.store(&quotas, std::memory_order_release);
    note_quotas(call, quotas);
}

Measurements CallRecorder::measured(const LlmCall& call, const CallLabels::Key& key) const noexcept {
    Measurements numbers;
    measure(call, dialect_, numbers);
    // The labels know it already: comparing names costs as much as many a number.
    if (key.ids[CallLabels::response_model] != LabelBudget::absent)
        numbers.set(series("tokenweir_model_substituted_total"), 1);
    return numbers;
}

Series& CallRecorder::create(const CallSeries& row, const CallLabels::Key& key) {
    prometheus::Labels labels;
    const auto add_label = [&](std::string_view name, std::string_view value) {
        if (!value.empty()) labels.emplace(name, value);
    };
    for (const std::string_view label : row.metric->labels())
        add_label(label, label == row.fixed_label ? row.fixed_value : labels_.text(label, key));
    if (takes_tags(*row.metric))
        for (std::size_t tag = CallLabels::first_tag; tag < labels_.count(); ++tag)
            add_label(labels_.names()[tag], labels_.text(labels_.names()[tag], key));
    return series_.add(*row.metric, labels);
}

void CallRecorder::add(const LlmCall& call, const Measurements& numbers, const Handles& handles) noexcept {
    const std::optional<Exemplar> its = exemplar_of(call);
    const Exemplar* exemplar = its ? &*its : nullptr;
    numbers.present.for_each([&](std::size_t at) {
        Series& series = *handles.series[at].load(std::memory_order_relaxed);
        if (takes_gaps(at))
            series.add(call.gaps.counts, call.gaps.sum_seconds, call.gaps.max_seconds, exemplar);
        else
            series.add(numbers.values[at], exemplar);
    });
}

void CallRecorder::count_overflows(const LlmCall& call, const CallLabels::Key& key, bool folded) noexcept {
    for (std::size_t label = 0; label < labels_.count(); ++label)
        if (labels_.overflowed(label, call, key)) overflows_[label]->add(1, nullptr);
    if (folded) overflows_.back()->add(1, nullptr);
}

std::vector<prometheus::MetricFamily> CallRecorder::collect(Instant now) const {
    std::vector<prometheus::MetricFamily> families = series_.collect();
    std::ranges::move(quotas_.collect(now), std::back_inserter(families));
    families.push_back(single(metric("tokenweir_label_combinations"),
                              static_cast<double>(combinations_.load(std::memory_order_relaxed))));
    return families;
}

}  // namespace tokenweir::metrics
