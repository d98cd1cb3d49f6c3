#include "metrics/call_recorder.hpp"

#include <algorithm>
#include <iterator>
#include <string>

#include "metrics/samples.hpp"

namespace tokenweir::metrics {
namespace {

constexpr std::string_view combination = "combination";  // in tokenweir_label_overflow_total

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

/// The head of the response came with its first byte, or is not much older.
void note_quotas(const LlmCall& call, ProviderQuotas& quotas) noexcept {
    quotas.see(call.quotas, call.timings.first_byte.value_or(call.timings.ended));
}

}  // namespace

CallRecorder::CallRecorder(const CallMetricsOptions& options)
    : dialect_(options.dialect),
      max_combinations_(options.labels.max_combinations),
      buckets_(options.buckets),
      labels_(options.labels) {
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
    constexpr const MetricDefinition& overflow = metric("tokenweir_label_overflow_total");
    auto& family = prometheus::BuildCounter()
                       .Name(std::string(overflow.name))
                       .Help(std::string(overflow.help))
                       .Register(registry_);
    for (const std::string& label : labels_.names()) overflows_.push_back(&family.Add({{"label", label}}));
    overflows_.push_back(&family.Add({{"label", std::string(combination)}}));
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
    Measurements numbers;
    measure(call, dialect_, numbers);
    if (!numbers.present.all_of([&](std::size_t at) { return handles->has(at); })) return false;
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
    Measurements numbers;
    measure(call, dialect_, numbers);
    auto needed = numbers.present;
    add_companions(needed);
    needed.for_each([&](std::size_t at) {
        if (!handles->has(at)) create(at, key, *handles);
    });
    add(call, numbers, *handles);
    count_overflows(call, whole, folded);
    if (call.quotas == Quotas{}) return;
    ProviderQuotas& quotas = quotas_.of(labels_.text("route", key), labels_.text("provider", key));
    handles->quotas.store(&quotas, std::memory_order_release);
    note_quotas(call, quotas);
}

void CallRecorder::create(std::size_t at, const CallLabels::Key& key, Handles& handles) {
    const CallSeries& row = call_series[at];
    prometheus::Labels labels;
    const auto add_label = [&](std::string_view name, std::string_view value) {
        if (!value.empty()) labels.emplace(name, value);
    };
    for (const std::string_view label : row.metric->labels())
        add_label(label, label == row.fixed_label ? row.fixed_value : labels_.text(label, key));
    if (takes_tags(*row.metric))
        for (std::size_t tag = CallLabels::first_tag; tag < labels_.count(); ++tag)
            add_label(labels_.names()[tag], labels_.text(labels_.names()[tag], key));
    const Family& family = families_.at(row.metric->name);
    if (at < counter_series)
        handles.counters[at].store(&std::get<0>(family)->Add(labels), std::memory_order_release);
    else
        handles.histograms[at - counter_series].store(
            &std::get<1>(family)->Add(labels, buckets_.bounds_of(*row.metric->buckets)), std::memory_order_release);
}

void CallRecorder::add(const LlmCall& call, const Measurements& numbers, const Handles& handles) noexcept {
    thread_local std::vector<double> gaps(call.gaps.counts.size());
    std::ranges::copy(call.gaps.counts, gaps.begin());
    numbers.present.for_each([&](std::size_t at) {
        if (at < counter_series)
            return handles.counters[at].load(std::memory_order_relaxed)->Increment(numbers.values[at]);
        prometheus::Histogram& histogram = *handles.histograms[at - counter_series].load(std::memory_order_relaxed);
        if (takes_gaps(at))
            histogram.ObserveMultiple(gaps, call.gaps.sum_seconds);
        else
            histogram.Observe(numbers.values[at]);
    });
}

void CallRecorder::count_overflows(const LlmCall& call, const CallLabels::Key& key, bool folded) noexcept {
    for (std::size_t label = 0; label < labels_.count(); ++label)
        if (labels_.overflowed(label, call, key)) overflows_[label]->Increment();
    if (folded) overflows_.back()->Increment();
}

std::vector<prometheus::MetricFamily> CallRecorder::collect(Instant now) const {
    std::vector<prometheus::MetricFamily> families = registry_.Collect();
    std::ranges::move(quotas_.collect(now), std::back_inserter(families));
    families.push_back(single(metric("tokenweir_label_combinations"),
                              static_cast<double>(combinations_.load(std::memory_order_relaxed))));
    return families;
}

}  // namespace tokenweir::metrics
