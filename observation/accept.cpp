#include "observation/accept.hpp"

#include <charconv>

namespace tokenweir {
namespace {

std::string_view trimmed(std::string_view text) noexcept {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

/// What stands before the next `separator`, without the white space around it; takes both off `text`. No parameter that
/// matters here has a separator inside quotes.
std::string_view take(std::string_view& text, char separator) noexcept {
    const std::string_view part = text.substr(0, text.find(separator));
    text.remove_prefix(part.size() < text.size() ? part.size() + 1 : part.size());
    return trimmed(part);
}

}  // namespace

std::string_view Accepted::parameter(std::string_view wanted) const noexcept {
    for (std::string_view rest = parameters; !rest.empty();) {
        std::string_view value = take(rest, ';');
        if (!iequals(take(value, '='), wanted)) continue;
        value = trimmed(value);
        if (value.size() >= 2 && value.front() == '"' && value.back() == '"') value = value.substr(1, value.size() - 2);
        return value;
    }
    return {};
}

Accepted take_accepted(std::string_view& list) noexcept {
    std::string_view element = take(list, ',');
    const std::string_view name = take(element, ';');
    Accepted accepted{name, element, 1};
    if (const std::string_view q = accepted.parameter("q"); !q.empty()) {
        double weight = 0;
        const auto [end, error] = std::from_chars(q.data(), q.data() + q.size(), weight, std::chars_format::fixed);
        const bool valid = error == std::errc() && end == q.data() + q.size() && weight >= 0 && weight <= 1;
        accepted.weight = valid ? weight : 0;
    }
    return accepted;
}

}  // namespace tokenweir
