#include "metrics/evaluation_metrics.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <sstream>

#include "metrics/text_format.hpp"

namespace tokenweir::metrics {
namespace {

Evaluation said(std::string name, std::string label, std::optional<double> score = {}) {
    return {.name = std::move(name),
            .score = score,
            .label = std::move(label),
            .call = {.route = "openai", .operation = "chat", .provider = "openai", .model = "m"}};
}

void consume(EvaluationMetrics& metrics, Evaluation evaluation) {
    metrics.consume(std::make_shared<const Evaluation>(std::move(evaluation)));
}

/// Every sample: family{label="value",...} value
std::vector<std::string> samples_of(const EvaluationMetrics& metrics) {
    std::vector<std::string> lines;
    for (const auto& family : metrics.Collect())
        for (const auto& sample : family.metric) {
            std::ostringstream line;
            line << family.name << '{';
            for (const auto& label : sample.label) line << label.name << '=' << label.value << ' ';
            line << "} " << (family.type == prometheus::MetricType::Gauge ? sample.gauge.value : sample.counter.value);
            lines.push_back(line.str());
        }
    return lines;
}

class Account final : public FeedbackAccount {
public:
    FeedbackStatistics feedback_statistics() const override {
        return {.requests = {{"recorded", 3}, {"unknown", 0}}, .held = 4, .indexed = 5, .index_age = Seconds(1.5)};
    }
};

TEST_SUITE("evaluation_metrics") {
    TEST_CASE("evaluations are counted by what was judged and how, scores apart") {
        EvaluationMetrics metrics({});
        consume(metrics, said("thumbs", "up"));
        consume(metrics, said("thumbs", "up", 1));
        consume(metrics, said("thumbs", "down", -3.5));
        Evaluation implicit = said("abort", "aborted");
        implicit.source = EvaluationSource::implicit;
        implicit.call = {};
        consume(metrics, implicit);
        const std::string call = "route=openai provider=openai model=m ";
        CHECK(samples_of(metrics) ==
              std::vector<std::string>{
                  "tokenweir_evaluations_total{name=abort label=aborted source=implicit } 1",
                  "tokenweir_evaluations_total{" + call + "name=thumbs label=up source=feedback } 2",
                  "tokenweir_evaluations_total{" + call + "name=thumbs label=down source=feedback } 1",
                  "tokenweir_evaluation_scores_total{" + call + "name=thumbs } 2",
                  "tokenweir_evaluation_score_sum{" + call + "name=thumbs } -2.5"});
    }

    TEST_CASE("names and labels beyond their budget become other") {
        EvaluationMetrics metrics({.max_names = 1});
        for (const char* word : {"a", "b", "c"}) consume(metrics, said(word, word));
        const std::string call = "tokenweir_evaluations_total{route=openai provider=openai model=m ";
        CHECK(samples_of(metrics) == std::vector<std::string>{call + "name=other label=other source=feedback } 2",
                                                              call + "name=a label=a source=feedback } 1"});
    }

    TEST_CASE("combinations beyond their limit are folded") {
        EvaluationMetrics metrics({.max_combinations = 2});
        for (const char* word : {"a", "b", "c", "d", "a"}) consume(metrics, said(word, word));
        const std::string call = "tokenweir_evaluations_total{route=openai provider=openai ";
        CHECK(samples_of(metrics) ==
              std::vector<std::string>{call + "model=other name=other label=other source=feedback } 2",
                                       call + "model=m name=a label=a source=feedback } 2",
                                       call + "model=m name=b label=b source=feedback } 1"});
    }

    TEST_CASE("how feedback fares is read at the scrape") {
        EvaluationMetrics metrics({});
        const Account account;
        metrics.set_account(account);
        CHECK(samples_of(metrics) == std::vector<std::string>{"tokenweir_feedback_requests_total{result=recorded } 3",
                                                              "tokenweir_feedback_requests_total{result=unknown } 0",
                                                              "tokenweir_feedback_held{} 4",
                                                              "tokenweir_feedback_index_calls{} 5",
                                                              "tokenweir_feedback_index_age_seconds{} 1.5"});
    }
}

}  // namespace
}  // namespace tokenweir::metrics
