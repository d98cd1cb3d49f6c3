#include "proxy/config_content.hpp"

#include <algorithm>
#include <vector>

#include "observation/config_error.hpp"
#include "observation/field.hpp"
#include "proxy/config_values.hpp"

namespace tokenweir::proxy {

using parsers::BuiltinRule;
using parsers::ContentCapture;

void Capture::parse(std::string_view text, ContentCapture& out) {
    const auto& names = parsers::content_capture_names;
    const auto name = std::ranges::find_if(names, [text](std::string_view known) { return iequals(known, text); });
    if (name == names.end()) throw BadValue("expected " + expects());
    out = static_cast<ContentCapture>(name - names.begin());
}

std::string Capture::print(ContentCapture value) {
    return std::string(parsers::content_capture_names[static_cast<std::size_t>(value)]);
}

void RouteCapture::parse(std::string_view text, std::optional<ContentCapture>& out) {
    ContentCapture capture{};
    Capture::parse(text, capture);
    out = capture;
}

void BuiltinRules::parse(std::string_view text, parsers::Redaction& out) {
    std::vector<BuiltinRule> rules;
    if (!iequals(text, "none")) {
        const auto& names = parsers::builtin_rule_names;
        for (const std::string_view item : split_list(text)) {
            const auto name = std::ranges::find_if(names, [item](auto known) { return iequals(known, item); });
            if (name == names.end()) throw BadValue("expected " + expects());
            const auto rule = static_cast<BuiltinRule>(name - names.begin());
            if (std::ranges::find(rules, rule) == rules.end()) rules.push_back(rule);
        }
    }
    out = parsers::Redaction(std::move(rules), out.rules());
}

std::string BuiltinRules::print(const parsers::Redaction& value) {
    if (value.builtin().empty()) return "none";
    std::string text;
    for (const BuiltinRule rule : value.builtin())
        text.append(text.empty() ? "" : ", ").append(parsers::builtin_rule_names[static_cast<std::size_t>(rule)]);
    return text;
}

void RegularExpression::parse(std::string_view text, std::string& out) {
    out = text;
    if (const std::string problem = parsers::problem_of(out); !problem.empty())
        throw BadValue("expected " + expects() + " (" + problem + ")");
}

}  // namespace tokenweir::proxy
