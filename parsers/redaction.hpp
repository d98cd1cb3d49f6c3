/// What is taken out of texts before they are recorded: personal data and secrets, found by regular expressions (RE2,
/// linear in the text).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace tokenweir::parsers {

/// The rules that come with the program. docs/content.md says what each finds.
enum class BuiltinRule : std::uint8_t { email, card, phone, key };

inline constexpr std::array<std::string_view, 4> builtin_rule_names{"email", "card", "phone", "key"};
inline constexpr std::array all_builtin_rules{BuiltinRule::email, BuiltinRule::card, BuiltinRule::phone,
                                              BuiltinRule::key};

/// Of a pattern with a group only what the first group matched is taken out.
struct RedactionRule {
    std::string name{};
    std::string pattern{};  ///< RE2's syntax; matches no empty text

    bool operator==(const RedactionRule&) const = default;
};

/// What is wrong with a pattern, in RE2's words; empty: nothing.
std::string problem_of(const std::string& pattern);

/// A cheap handle on compiled rules that never change. Thread-safe.
class Redaction {
public:
    /// The built-in rules, all of them; compiled once, when they are first needed.
    Redaction() : builtin_(all_builtin_rules.begin(), all_builtin_rules.end()) {}

    /// Requires that no pattern has a problem.
    Redaction(std::vector<BuiltinRule> builtin, std::vector<RedactionRule> rules);

    const std::vector<BuiltinRule>& builtin() const noexcept { return builtin_; }
    const std::vector<RedactionRule>& rules() const noexcept { return rules_; }

    /// Compiles what is not compiled yet, so that no text has to wait for it: some milliseconds.
    void prepare() const { compiled(); }

    struct Result {
        std::string text;       ///< with [REDACTED:name] in place of what was found
        std::size_t count = 0;  ///< of these
        bool cut = false;

        bool operator==(const Result&) const = default;
    };

    /// At most the first `max_bytes` of `text`, which is UTF-8, redacted. What begins before the cut and is found to go
    /// on behind it is taken out whole.
    Result apply(std::string_view text, std::size_t max_bytes = std::string_view::npos) const;

    bool operator==(const Redaction& other) const noexcept {
        return builtin_ == other.builtin_ && rules_ == other.rules_;
    }

private:
    struct Compiled;

    const Compiled& compiled() const;

    std::vector<BuiltinRule> builtin_;
    std::vector<RedactionRule> rules_;
    std::shared_ptr<const Compiled> compiled_;  // none: the built-in rules
};

}  // namespace tokenweir::parsers
