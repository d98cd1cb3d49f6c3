#include "proxy/config_telemetry.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "observation/config_error.hpp"
#include "observation/field.hpp"
#include "proxy/config_values.hpp"

namespace tokenweir::proxy {
namespace {

template <class Value>
struct Word {
    std::string_view name;
    Value value;
};

constexpr std::array forwardings{Word{"none", ContextForwarding::none}, Word{"trace", ContextForwarding::trace},
                                 Word{"all", ContextForwarding::all}, Word{"untouched", ContextForwarding::untouched}};

constexpr std::array propagators{Word{"tracecontext", Propagator::tracecontext}, Word{"baggage", Propagator::baggage},
                                 Word{"b3", Propagator::b3}, Word{"b3multi", Propagator::b3multi}};

constexpr std::array roots{Word{"always_on", SamplerOptions::Root::always_on},
                           Word{"always_off", SamplerOptions::Root::always_off},
                           Word{"traceidratio", SamplerOptions::Root::ratio}};

constexpr std::string_view parent_based_prefix = "parentbased_";

/// The value of a word that `words` has. `Kind` says what else was expected.
template <class Kind, class Words>
auto value_of(const Words& words, std::string_view text) {
    const auto word = std::ranges::find_if(words, [text](const auto& known) { return iequals(known.name, text); });
    if (word == words.end()) throw BadValue("expected " + Kind::expects());
    return word->value;
}

template <class Words, class Value>
std::string_view name_of(const Words& words, Value value) {
    return std::ranges::find(words, value, [](const auto& word) { return word.value; })->name;
}

}  // namespace

void Forwarding::parse(std::string_view text, std::optional<ContextForwarding>& out) {
    out = iequals(text, "auto") ? std::nullopt : std::optional(value_of<Forwarding>(forwardings, text));
}

std::string Forwarding::print(std::optional<ContextForwarding> value) {
    return value ? std::string(name_of(forwardings, *value)) : "auto";
}

void RouteForwarding::parse(std::string_view text, std::optional<ContextForwarding>& out) {
    out = value_of<RouteForwarding>(forwardings, text);
}

std::string RouteForwarding::print(std::optional<ContextForwarding> value) {
    return value ? std::string(name_of(forwardings, *value)) : std::string();
}

void Propagators::parse(std::string_view text, PropagationOptions& out) {
    if (iequals(text, "auto")) return out.propagators.reset();
    std::vector<Propagator> list;
    if (!iequals(text, "none")) {
        for (const std::string_view item : split_list(text)) {
            const Propagator propagator = value_of<Propagators>(propagators, item);
            if (std::ranges::find(list, propagator) == list.end()) list.push_back(propagator);
        }
    }
    out.propagators = std::move(list);
}

std::string Propagators::print(const PropagationOptions& value) {
    if (!value.propagators) return "auto";
    if (value.propagators->empty()) return "none";
    std::string text;
    for (const Propagator propagator : *value.propagators)
        text.append(text.empty() ? "" : ", ").append(name_of(propagators, propagator));
    return text;
}

void SamplerName::parse(std::string_view text, SamplerOptions& out) {
    const bool parent_based = iequals(text.substr(0, parent_based_prefix.size()), parent_based_prefix);
    const std::string_view root = parent_based ? text.substr(parent_based_prefix.size()) : text;
    out.root = value_of<SamplerName>(roots, root);
    out.parent_based = parent_based;
}

std::string SamplerName::print(const SamplerOptions& value) {
    return std::string(value.parent_based ? parent_based_prefix : "").append(name_of(roots, value.root));
}

void Ratio::parse(std::string_view text, double& out) {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
    if (error != std::errc() || end != text.data() + text.size() || !(value >= 0 && value <= 1))
        throw BadValue("expected " + expects());
    out = value;
}

std::string Ratio::print(double value) {
    std::array<char, 400> digits{};
    return {digits.data(),
            std::to_chars(digits.data(), digits.data() + digits.size(), value, std::chars_format::fixed).ptr};
}

}  // namespace tokenweir::proxy
