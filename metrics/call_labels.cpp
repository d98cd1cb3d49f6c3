#include "metrics/call_labels.hpp"

#include <algorithm>
#include <cassert>

#include "metrics/model_name.hpp"

namespace tokenweir::metrics {
namespace {

constexpr std::array<std::string_view, 6> status_classes{"", "1xx", "2xx", "3xx", "4xx", "5xx"};

std::uint8_t status_class(const std::optional<int>& status) noexcept {
    return static_cast<std::uint8_t>(status && *status >= 100 && *status < 600 ? *status / 100 : 0);
}

CallLabels::Key key_without_ids(const LlmCall& call) noexcept {
    return {.ids = {},
            .outcome = call.outcome,
            .source = call.usage.source,
            .status_class = status_class(call.status),
            .streamed = call.response_streamed};
}

/// The model that answered, if it is another one than was asked for.
std::string_view substitute_model(const LlmCall& call) noexcept {
    if (call.request_model.empty() || call.response_model.empty()) return {};
    if (call.provider.starts_with("azure.")) return {};  // the name of a deployment says nothing about its model
    return same_model(call.request_model, call.response_model) ? std::string_view{} : call.response_model;
}

/// What Prometheus takes for a label's name.
std::string label_name(std::string_view tag) {
    std::string name = "tag_";
    for (const char c : tag) {
        const bool fits = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        name += fits ? c : '_';
    }
    return name;
}

}  // namespace

std::size_t CallLabels::KeyHash::operator()(const Key& key) const noexcept {
    static_assert(sizeof(Key) == 24 && std::has_unique_object_representations_v<Key>);
    const auto words = std::bit_cast<std::array<std::uint64_t, 3>>(key);
    std::uint64_t mixed = (words[0] ^ (words[1] * 0x9E3779B97F4A7C15)) * 0xD6E8FEB86659FD93;
    mixed = (mixed ^ (mixed >> 32) ^ words[2]) * 0x9E3779B97F4A7C15;
    return mixed ^ (mixed >> 32);
}

CallLabels::CallLabels(const LabelOptions& options)
    : tags_(options.tags), names_{"route", "operation", "provider", "model", "response_model", "error_type"} {
    assert(tags_.size() <= max_tags);
    const auto add = [this](std::size_t limit) { of_label_.push_back(&budgets_.emplace_back(limit)); };
    for (const std::size_t limit :
         {options.max_routes, options.max_operations, options.max_providers, options.max_models})
        add(limit);
    of_label_.push_back(of_label_[model]);  // response models share it
    add(options.max_error_types);
    for (const std::string& tag : tags_) {
        names_.push_back(label_name(tag));
        add(options.max_tag_values);
    }
}

std::optional<CallLabels::Key> CallLabels::find(const LlmCall& call) const noexcept {
    Key key = key_without_ids(call);
    for (std::size_t label = 0; label < count(); ++label) {
        const std::string_view text = value(label, call);
        if (text.empty()) continue;  // absent
        const auto id = of_label_[label]->find(text);
        if (!id) return std::nullopt;
        key.ids[label] = *id;
    }
    return key;
}

CallLabels::Key CallLabels::admit(const LlmCall& call) {
    Key key = key_without_ids(call);
    for (std::size_t label = 0; label < count(); ++label) key.ids[label] = of_label_[label]->admit(value(label, call));
    return key;
}

CallLabels::Key CallLabels::folded(Key key) noexcept {
    const auto fold = [&](std::size_t label) {
        if (key.ids[label] != LabelBudget::absent) key.ids[label] = LabelBudget::other;
    };
    fold(model);
    fold(response_model);
    for (std::size_t label = first_tag; label < max_labels; ++label) fold(label);
    return key;
}

std::string_view CallLabels::value(std::size_t label, const LlmCall& call) const noexcept {
    switch (label) {
        case route: return call.route;
        case operation: return call.operation;
        case provider: return call.provider;
        case model: return call.request_model;
        case response_model: return substitute_model(call);
        case error_type: return call.error_type;
        default: break;  // a tag
    }
    for (const auto& [name, text] : call.tags)
        if (name == tags_[label - first_tag]) return text;
    return {};
}

std::string_view CallLabels::text(std::string_view label, const Key& key) const noexcept {
    if (label == "outcome") return name_of(key.outcome);
    if (label == "source") return name_of(key.source);
    if (label == "status_class") return status_classes[key.status_class];
    if (label == "streamed") return key.streamed ? "true" : "false";
    if (label == "gen_ai_operation_name") label = "operation";
    if (label == "gen_ai_provider_name") label = "provider";
    if (label == "gen_ai_request_model") label = "model";
    const auto name = std::ranges::find(names_, label);
    assert(name != names_.end());  // else no call decides it
    const auto at = static_cast<std::size_t>(name - names_.begin());
    return of_label_[at]->text(key.ids[at]);
}

}  // namespace tokenweir::metrics
