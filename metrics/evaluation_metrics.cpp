#include "metrics/evaluation_metrics.hpp"

#include <new>
#include <string>
#include <utility>

#include "metrics/samples.hpp"

namespace tokenweir::metrics {
namespace {

constexpr const MetricDefinition& evaluations = metric("tokenweir_evaluations_total");
constexpr const MetricDefinition& scores = metric("tokenweir_evaluation_scores_total");
constexpr const MetricDefinition& score_sum = metric("tokenweir_evaluation_score_sum");
constexpr std::size_t max_providers = 100;

}  // namespace

EvaluationMetrics::EvaluationMetrics(const EvaluationLabels& labels)
    : max_combinations_(labels.max_combinations), budgets_{LabelBudget(labels.max_routes),
                                                           LabelBudget(max_providers),
                                                           LabelBudget(labels.max_models),
                                                           LabelBudget(labels.max_names),
                                                           LabelBudget(labels.max_names),
                                                           LabelBudget(2)} {}

EvaluationMetrics::Key EvaluationMetrics::key_of(const Evaluation& evaluation) {
    const std::array<std::string_view, label_count> values{evaluation.call.route, evaluation.call.provider,
                                                           evaluation.call.model, evaluation.name,
                                                           evaluation.label,      name_of(evaluation.source)};
    Key key{};
    for (std::size_t i = 0; i < label_count; ++i) key[i] = budgets_[i].admit(values[i]);
    if (counts_.size() < max_combinations_ || counts_.contains(key)) return key;
    for (const Label folded : {model, name, label})
        if (key[folded] != LabelBudget::absent) key[folded] = LabelBudget::other;
    return key;
}

void EvaluationMetrics::consume(const SharedEvaluation& evaluation) noexcept try {
    const std::lock_guard lock(mutex_);
    Key key = key_of(*evaluation);
    counts_[key] += 1;
    if (!evaluation->score) return;
    key[label] = key[source] = LabelBudget::absent;
    Scores& its = scores_[key];
    its.count += 1;
    its.sum += *evaluation->score;
} catch (const std::bad_alloc&) {  // one evaluation is not counted
    return;
}

void EvaluationMetrics::add_labels(prometheus::ClientMetric& sample, const Key& key, std::size_t count) const {
    for (std::size_t i = 0; i < count; ++i)
        if (key[i] != LabelBudget::absent)
            sample.label.push_back({std::string(evaluations.label_names[i]), std::string(budgets_[i].text(key[i]))});
}

std::vector<prometheus::MetricFamily> EvaluationMetrics::Collect() const {
    std::vector<prometheus::MetricFamily> families{family_of(evaluations), family_of(scores), family_of(score_sum)};
    {
        const std::lock_guard lock(mutex_);
        for (const auto& [key, count] : counts_) {
            prometheus::ClientMetric sample;
            add_labels(sample, key, label_count);
            sample.counter.value = count;
            families[0].metric.push_back(std::move(sample));
        }
        for (const auto& [key, its] : scores_) {
            prometheus::ClientMetric sample;
            add_labels(sample, key, label);
            sample.counter.value = its.count;
            families[1].metric.push_back(sample);
            sample.counter.value = 0;
            sample.gauge.value = its.sum;
            families[2].metric.push_back(std::move(sample));
        }
    }
    if (account_ == nullptr) return families;
    constexpr const MetricDefinition& requests = metric("tokenweir_feedback_requests_total");
    const FeedbackStatistics now = account_->feedback_statistics();
    prometheus::MetricFamily results = family_of(requests);
    for (const auto& [result, count] : now.requests)
        add_sample(results, requests, static_cast<double>(count), {result});
    families.push_back(std::move(results));
    families.push_back(single(metric("tokenweir_feedback_held"), static_cast<double>(now.held)));
    families.push_back(single(metric("tokenweir_feedback_index_calls"), static_cast<double>(now.indexed)));
    families.push_back(single(metric("tokenweir_feedback_index_age_seconds"), now.index_age.count()));
    return families;
}

}  // namespace tokenweir::metrics
