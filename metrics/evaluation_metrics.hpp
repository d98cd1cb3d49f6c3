/// Evaluations of calls as counters and scores, and how feedback fares.
#pragma once

#include <prometheus/client_metric.h>
#include <prometheus/collectable.h>

#include <array>
#include <cstddef>
#include <map>
#include <mutex>
#include <vector>

#include "metrics/label_budget.hpp"
#include "observation/evaluation.hpp"
#include "observation/feedback_statistics.hpp"

namespace tokenweir::metrics {

struct EvaluationLabels {
    std::size_t max_names = 50;  ///< names of evaluations, and as many labels
    std::size_t max_routes = 100;
    std::size_t max_models = 200;
    std::size_t max_combinations = 1000;  ///< in further ones everything that others choose becomes "other"
};

/// Evaluations are few beside calls: a lock and a map do.
class EvaluationMetrics final : public EvaluationSink, public prometheus::Collectable {
public:
    explicit EvaluationMetrics(const EvaluationLabels& labels);

    void consume(const SharedEvaluation& evaluation) noexcept override;

    /// Before the first scrape; `account` outlives this. Without one there are no figures of feedback.
    void set_account(const FeedbackAccount& account) noexcept { account_ = &account; }

    std::vector<prometheus::MetricFamily> Collect() const override;

private:
    enum Label : std::size_t { route, provider, model, name, label, source, label_count };
    using Key = std::array<LabelBudget::Id, label_count>;
    struct Scores {
        double count = 0, sum = 0;
    };

    Key key_of(const Evaluation& evaluation);
    void add_labels(prometheus::ClientMetric& sample, const Key& key, std::size_t count) const;

    const std::size_t max_combinations_;
    mutable std::mutex mutex_;  // of what follows
    std::array<LabelBudget, label_count> budgets_;
    std::map<Key, double> counts_;
    std::map<Key, Scores> scores_;  // without label and source

    const FeedbackAccount* account_ = nullptr;
};

}  // namespace tokenweir::metrics
