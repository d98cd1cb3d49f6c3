#include "metrics/model_name.hpp"

#include <algorithm>
#include <cstddef>

#include "observation/field.hpp"

namespace tokenweir::metrics {
namespace {

constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

std::size_t digits_at_end(std::string_view text) noexcept {
    std::size_t count = 0;
    while (count < text.size() && is_digit(text[text.size() - 1 - count])) ++count;
    return count;
}

/// `text` ends with a separator and `digits` digits.
bool ends_with_number(std::string_view text, std::size_t digits) noexcept {
    return text.size() > digits + 1 && digits_at_end(text) == digits &&
           (text[text.size() - digits - 1] == '-' || text[text.size() - digits - 1] == '@');
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

/// The length of the date or number that ends `name`, without the separator before it; 0: none.
std::size_t version_length(std::string_view name) noexcept {
    if (ends_with_number(name, 8)) return 8;  // 20250514
    if (ends_with_number(name, 2) && ends_with_number(name.substr(0, name.size() - 3), 2)) {
        const bool year = ends_with_number(name.substr(0, name.size() - 6), 4);  // 2024-08-06
        return year ? 10 : 5;                                                    // 05-20
    }
    if (ends_with_number(name, 4) && ends_with_number(name.substr(0, name.size() - 5), 2)) return 7;  // 08-2024
    if (ends_with_number(name, 4)) return 4;                                                          // 0613, 2411
    if (ends_with_number(name, 3)) return 3;                                                          // 002
    return 0;
}

ModelName parsed(std::string_view name) noexcept {
    name = without_vendor(name);
    name = name.substr(0, name.find(':'));  // ollama's :latest, OpenRouter's :free, Bedrock's v1:0
    if (ends_with_word(name, "-v1") || ends_with_word(name, "-v2")) name.remove_suffix(3);
    if (ends_with_word(name, "-latest")) name.remove_suffix(7);
    const std::size_t length = version_length(name);
    const std::string_view version = name.substr(name.size() - length);
    if (length > 0) name.remove_suffix(length + 1);
    if (ends_with_word(name, "-0")) name.remove_suffix(2);  // claude-opus-4-0 is the alias of claude-opus-4-20250514
    return {name, version};
}

}  // namespace

bool same_model(std::string_view one, std::string_view another) noexcept {
    if (one == another) return true;
    const ModelName a = parsed(one), b = parsed(another);
    return iequals(a.base, b.base) && (a.version.empty() || b.version.empty() || a.version == b.version);
}

}  // namespace tokenweir::metrics
