#include "metrics/model_name.hpp"

#include <algorithm>
#include <array>

#include "observation/field.hpp"

namespace tokenweir::metrics {
namespace {

/// The dates and numbers that tell versions apart, with the separator before them: 2024-08-06, 20250514, 08-2024,
/// 05-20, 0613, 002. A `0` is any digit, a `-` may be an `@`.
constexpr std::array<std::string_view, 6> versions{"-0000-00-00", "-00000000", "-00-0000", "-00-00", "-0000", "-000"};

bool looks_like(std::string_view text, std::string_view pattern) noexcept {
    return std::ranges::equal(text, pattern,
                              [](char c, char p) { return p == '0' ? c >= '0' && c <= '9' : c == '-' || c == '@'; });
}

bool ends_with_word(std::string_view text, std::string_view word) noexcept {
    return text.size() > word.size() && iequals(text.substr(text.size() - word.size()), word);
}

struct ModelName {
    std::string_view base;     ///< `claude-3-5-haiku`
    std::string_view version;  ///< `20241022`; empty: left open
};

/// What stands before the model: a path (`vendor/model`, an ARN), or Bedrock's `us.anthropic.`
std::string_view without_vendor(std::string_view name) noexcept {
    name.remove_prefix(name.rfind('/') + 1);  // npos + 1 is 0
    for (auto dot = name.find('.'); dot != std::string_view::npos; dot = name.find('.')) {
        const bool word = std::ranges::all_of(name.substr(0, dot), [](char c) { return c < '0' || c > '9'; });
        if (!word || name.substr(0, dot).find('-') != std::string_view::npos) break;  // the dot of a number: gpt-4.1
        name.remove_prefix(dot + 1);
    }
    return name;
}

/// The version that ends `name`, with its separator; empty: none.
std::string_view version_of(std::string_view name) noexcept {
    for (const std::string_view pattern : versions) {
        if (name.size() <= pattern.size()) continue;
        const std::string_view end = name.substr(name.size() - pattern.size());
        if (looks_like(end, pattern)) return end;
    }
    return {};
}

ModelName parsed(std::string_view name) noexcept {
    name = without_vendor(name);
    // ollama's :latest, OpenRouter's :free, Bedrock's v1:0; a fine-tuned model's name is ft:base:organisation:…
    if (!name.starts_with("ft:")) name = name.substr(0, name.find(':'));
    if (ends_with_word(name, "-v1") || ends_with_word(name, "-v2")) name.remove_suffix(3);
    if (ends_with_word(name, "-latest")) name.remove_suffix(7);
    std::string_view version = version_of(name);
    name.remove_suffix(version.size());
    if (!version.empty()) version.remove_prefix(1);
    if (ends_with_word(name, "-0")) name.remove_suffix(2);  // claude-opus-4-0 is the alias of claude-opus-4-20250514
    return {name, version};
}

}  // namespace

bool same_model(std::string_view one, std::string_view another) noexcept {
    if (one == another) return true;
    // Nearly every alias is answered by its own name and a date: no need to take them apart.
    if (another.starts_with(one) && looks_like(another.substr(one.size()), versions[0])) return true;
    const ModelName a = parsed(one), b = parsed(another);
    return iequals(a.base, b.base) && (a.version.empty() || b.version.empty() || a.version == b.version);
}

}  // namespace tokenweir::metrics
