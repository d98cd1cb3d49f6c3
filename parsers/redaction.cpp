#include "parsers/redaction.hpp"

#include <re2/re2.h>
#include <re2/set.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "observation/utf8.hpp"
#include "parsers/card_number.hpp"

namespace tokenweir::parsers {

namespace {

struct Span {
    std::size_t begin = 0, end = 0;
};

/// Narrows what a pattern found; nothing if it is none after all.
using Confirm = std::optional<Span> (*)(std::string_view found);

std::optional<Span> card_number(std::string_view found) {
    const std::string_view number = find_card_number(found);
    if (number.empty()) return std::nullopt;
    const auto begin = static_cast<std::size_t>(number.data() - found.data());
    return Span{begin, begin + number.size()};
}

/// A word that somebody thought of has letters or digits; a secret has both.
std::optional<Span> mixed(std::string_view found) {
    const auto has = [found](char from, char to) {
        return std::ranges::any_of(found, [=](char c) { return c >= from && c <= to; });
    };
    if (!has('0', '9') || !(has('a', 'z') || has('A', 'Z'))) return std::nullopt;
    return Span{0, found.size()};
}

struct BuiltinPattern {
    BuiltinRule rule;
    const char* pattern;
    Confirm confirm = nullptr;
};

using enum BuiltinRule;

constexpr std::array builtin_patterns{
    BuiltinPattern{email, R"([\pL\pN._%+'-]+@[\pL\pN-]+(?:\.[\pL\pN-]+)+)"},
    BuiltinPattern{card, R"(\d(?:[ -]?\d){12,})", &card_number},
    BuiltinPattern{phone, R"(\+[1-9](?:[ ()./-]{0,3}\d){7,14})"},
    BuiltinPattern{phone, R"((?:\(\d{3}\) ?|\b\d{3}[ .-])\d{3}[ .-]\d{4}\b)"},
    // What providers give out: OpenAI, Anthropic and many others, Stripe, Google, AWS, GitHub, GitLab, Slack, …
    BuiltinPattern{key, R"(\b(?:sk|pk|rk|csk|nvapi|tvly|pplx|xai|glpat|pypi|dckr_pat)-[A-Za-z0-9_-]{16,})"},
    BuiltinPattern{key, R"(\b(?:[spr]k_(?:live|test)|gsk|hf|r8|fw|npm|gh[pousr]|github_pat|dop_v1)_[A-Za-z0-9_]{16,})"},
    BuiltinPattern{key, R"(\b(?:AIza[A-Za-z0-9_-]{30,}|ya29\.[A-Za-z0-9_-]{16,}|(?:A[KS]|AB|AC)[CI]A[A-Z0-9]{16}))"},
    BuiltinPattern{key, R"(\b(?:xox[abeoprs]|xapp)-[A-Za-z0-9-]{10,}|\bSG\.[A-Za-z0-9_-]{16,}(?:\.[A-Za-z0-9_-]*)?)"},
    BuiltinPattern{key, R"(\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_.-]*)"},  // a JSON Web Token
    BuiltinPattern{key, R"(-----BEGIN [A-Z ]*PRIVATE KEY-----(?s:.*?)(?:-----END [A-Z ]*PRIVATE KEY-----|\z))"},
    BuiltinPattern{key, R"((?i)\bbearer\s+([A-Za-z0-9._~+/=-]{16,}))", &mixed},
    BuiltinPattern{key,
                   R"((?i)(?:api[_-]?key|access[_-]?key|secret|token|passw(?:or)?d|authorization)["'\\]{0,2}\s*[:=]\s*)"
                   R"(["'\\]{0,2}([A-Za-z0-9._~+/=-]{12,}))",
                   &mixed},
    BuiltinPattern{key, R"((?i)[?&](?:key|sig|signature|x-(?:amz|goog)-[a-z-]+)=([^&\s"'#<>]+))"},
    BuiltinPattern{key, R"(://[^/\s:@"]+:([^/\s@"]+)@)"},
};

RE2::Options options() {
    RE2::Options options(RE2::Quiet);
    options.set_max_mem(std::int64_t{16} << 20);
    return options;
}

struct Pattern {
    Pattern(std::string_view rule, const std::string& text, Confirm narrow)
        : name(rule), expression(text, options()), confirm(narrow) {}

    std::string name;
    RE2 expression;
    Confirm confirm;
};

struct Finding : Span {
    const std::string* name = nullptr;
};

void find_all(const Pattern& pattern, std::string_view text, std::vector<Finding>& findings) {
    const bool has_group = pattern.expression.NumberOfCapturingGroups() > 0;
    const re2::StringPiece all(text.data(), text.size());
    std::array<re2::StringPiece, 2> groups;
    for (std::size_t from = 0; from < text.size();) {
        if (!pattern.expression.Match(all, from, text.size(), RE2::UNANCHORED, groups.data(), has_group ? 2 : 1))
            return;
        const re2::StringPiece& wanted = has_group ? groups[1] : groups[0];
        auto next = static_cast<std::size_t>(groups[0].data() - text.data()) + groups[0].size();
        if (wanted.data() != nullptr && !wanted.empty()) {
            const auto begin = static_cast<std::size_t>(wanted.data() - text.data());
            Finding finding{{begin, begin + wanted.size()}, &pattern.name};
            if (pattern.confirm != nullptr) {
                const auto narrowed = pattern.confirm(text.substr(begin, wanted.size()));
                finding.begin = begin + (narrowed ? narrowed->begin : 0);
                finding.end = begin + (narrowed ? narrowed->end : 0);
            }
            if (finding.begin < finding.end) {
                findings.push_back(finding);
                next = finding.end;
            }
        }
        from = std::max(next, from + 1);
    }
}

}  // namespace

struct Redaction::Compiled {
    explicit Compiled(const std::vector<BuiltinRule>& builtin, const std::vector<RedactionRule>& rules)
        : any(options(), RE2::UNANCHORED) {
        for (const BuiltinPattern& known : builtin_patterns)
            if (std::ranges::find(builtin, known.rule) != builtin.end())
                add(builtin_rule_names[static_cast<std::size_t>(known.rule)], known.pattern, known.confirm);
        for (const RedactionRule& rule : rules) add(rule.name, rule.pattern, nullptr);
        any_is_usable = patterns.empty() || any.Compile();
    }

    void add(std::string_view name, const std::string& pattern, Confirm confirm) {
        patterns.push_back(std::make_unique<const Pattern>(name, pattern, confirm));
        any.Add(pattern, nullptr);
    }

    /// Which patterns occur in `text` at all: one pass that mostly finds none.
    std::vector<int> candidates(std::string_view text) const {
        std::vector<int> found;
        RE2::Set::ErrorInfo error{RE2::Set::kNoError};
        if (any_is_usable && any.Match({text.data(), text.size()}, &found, &error)) return found;
        if (any_is_usable && error.kind == RE2::Set::kNoError) return {};
        for (std::size_t i = 0; i < patterns.size(); ++i) found.push_back(static_cast<int>(i));  // out of memory: all
        return found;
    }

    std::vector<std::unique_ptr<const Pattern>> patterns;
    RE2::Set any;
    bool any_is_usable = false;
};

std::string problem_of(const std::string& pattern) {
    const RE2 expression(pattern, options());
    if (!expression.ok()) return expression.error();
    return RE2::FullMatch("", expression) ? "it matches the empty text" : std::string();
}

const Redaction::Compiled& Redaction::compiled() const {
    if (compiled_) return *compiled_;
    static const Compiled all({all_builtin_rules.begin(), all_builtin_rules.end()}, {});
    return all;
}

Redaction::Redaction(std::vector<BuiltinRule> builtin, std::vector<RedactionRule> rules)
    : builtin_(std::move(builtin)),
      rules_(std::move(rules)),
      compiled_(std::make_shared<const Compiled>(builtin_, rules_)) {}

Redaction::Result Redaction::apply(std::string_view text, std::size_t max_bytes) const {
    std::vector<Finding> findings;
    const Compiled& rules = compiled();
    if (!rules.patterns.empty() && !text.empty())
        for (const int i : rules.candidates(text))
            find_all(*rules.patterns[static_cast<std::size_t>(i)], text, findings);
    std::ranges::stable_sort(findings, {}, &Finding::begin);

    Result result;
    const std::size_t end = utf8_prefix(text, max_bytes).size();
    result.cut = end < text.size();
    std::size_t at = 0;
    for (const Finding& finding : findings) {
        if (finding.begin >= end) break;
        if (finding.begin >= at) {
            result.text.append(text.substr(at, finding.begin - at));
            result.text.append("[REDACTED:").append(*finding.name).append("]");
            ++result.count;
        }
        at = std::max(at, finding.end);  // of two that overlap the first one gives its name
    }
    if (at < end) result.text.append(text.substr(at, end - at));
    return result;
}

}  // namespace tokenweir::parsers
