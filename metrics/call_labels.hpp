/// What a call's series are told apart by: one small key per combination of label values, each label within its budget.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "metrics/label_budget.hpp"
#include "observation/llm_call.hpp"

namespace tokenweir::metrics {

struct LabelOptions {
    /// How many values each label may take before the rest is counted under "other".
    std::size_t max_models = 200;
    std::size_t max_routes = 100;
    std::size_t max_error_types = 100;
    std::size_t max_providers = 50;
    std::size_t max_operations = 50;
    std::size_t max_tag_values = 100;  ///< of each tag

    /// How many combinations of them calls may bring before model and tags of further ones become "other".
    std::size_t max_combinations = 1000;

    /// Names of tags (`LlmCall::tags`) that become labels, `tag_` before them; at most CallLabels::max_tags.
    std::vector<std::string> tags{};
};

class CallLabels {
public:
    static constexpr std::size_t max_tags = 4;

    /// The labels whose values somebody else chooses.
    enum Label : std::size_t { route, operation, provider, model, response_model, error_type, first_tag };
    static constexpr std::size_t max_labels = first_tag + max_tags;

    /// All that the labels of a call's series depend on.
    struct Key {
        std::array<LabelBudget::Id, max_labels> ids{};  ///< by Label
        Outcome outcome = Outcome::ok;
        UsageSource source = UsageSource::missing;
        std::uint8_t status_class = 0;  ///< 1 to 5; 0: no response
        bool streamed = false;

        bool operator==(const Key&) const = default;
    };
    struct KeyHash {
        std::size_t operator()(const Key& key) const noexcept;
    };

    /// Requires: at most `max_tags` tags.
    explicit CallLabels(const LabelOptions& options);

    /// Any thread, no lock, no allocation. Nothing: `admit` has to decide about a value.
    std::optional<Key> find(const LlmCall& call) const noexcept;

    /// One thread at a time: what `find` would say, after admitting values for which there is room.
    Key admit(const LlmCall& call);

    /// The key with "other" for what clients are free to choose.
    static Key folded(Key key) noexcept;

    /// The value of a label in the catalogue, empty where the call has nothing to say. On the thread that admits.
    std::string_view text(std::string_view label, const Key& key) const noexcept;

    /// What the labels are called, by Label, tags included; the budgeted ones.
    const std::vector<std::string>& names() const noexcept { return names_; }
    std::size_t count() const noexcept { return names_.size(); }

    /// The value did not fit.
    bool overflowed(std::size_t label, const LlmCall& call, const Key& key) const noexcept {
        return key.ids[label] == LabelBudget::other && value(label, call) != LabelBudget::other_text;
    }

private:
    std::string_view value(std::size_t label, const LlmCall& call) const noexcept;

    const std::vector<std::string> tags_;
    std::vector<std::string> names_;
    std::deque<LabelBudget> budgets_;
    std::vector<LabelBudget*> of_label_;  // by Label
};

}  // namespace tokenweir::metrics
