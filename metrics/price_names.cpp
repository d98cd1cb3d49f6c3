#include "metrics/price_names.hpp"

#include <algorithm>

namespace tokenweir::metrics {
namespace {

constexpr std::array<std::string_view, 10> bedrock_regions{"global.", "us.", "us-gov.", "eu.", "apac.",
                                                           "jp.",     "au.", "ca.",     "sa.", "me."};

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

std::size_t trailing_digits(std::string_view text) noexcept {
    std::size_t count = 0;
    while (count < text.size() && is_digit(text[text.size() - 1 - count])) ++count;
    return count;
}

/// Without a suffix of digits that follows `mark`, or as it is.
std::string_view without_number(std::string_view name, std::string_view mark) noexcept {
    const std::size_t digits = trailing_digits(name);
    const std::string_view front = name.substr(0, name.size() - digits);
    return digits > 0 && front.ends_with(mark) ? front.substr(0, front.size() - mark.size()) : name;
}

/// claude-3-haiku:0 and claude-3-haiku:0:200k
std::string_view without_revision(std::string_view name) noexcept {
    std::string_view rest = name;
    if (rest.ends_with('k')) rest = without_number(rest.substr(0, rest.size() - 1), ":");
    const std::string_view cut = without_number(rest, ":");
    return cut.size() < rest.size() ? cut : name;
}

/// Each '9' in `form` stands for a digit.
bool has_form(std::string_view text, std::string_view form) noexcept {
    return std::ranges::equal(text, form,
                              [](char c, char wanted) { return wanted == '9' ? is_digit(c) : c == wanted; });
}

std::string_view without_date(std::string_view name) noexcept {
    for (const std::string_view form : {"-99999999", "-9999-99-99"})
        if (name.size() > form.size() && has_form(name.substr(name.size() - form.size()), form))
            return name.substr(0, name.size() - form.size());
    return name;
}

std::string_view without(std::string_view name, std::string_view suffix) noexcept {
    return name.ends_with(suffix) ? name.substr(0, name.size() - suffix.size()) : name;
}

/// ft:gpt-4o-mini-2024-07-18:organisation:name:id
std::string_view fine_tuned_base(std::string_view name) noexcept {
    return name.starts_with("ft:") ? name.substr(0, name.find(':', 3)) : name;
}

/// One prefix less, or as it is.
std::string_view without_prefix(std::string_view name) noexcept {
    if (name.starts_with("arn:")) return name.substr(name.find('/') + 1);
    if (name.starts_with("models/")) return name.substr(7);
    if (name.starts_with("publishers/")) {
        constexpr std::string_view models = "/models/";
        const std::size_t at = name.find(models);
        return at == std::string_view::npos ? name : name.substr(at + models.size());
    }
    for (const std::string_view region : bedrock_regions)
        if (name.starts_with(region)) return name.substr(region.size());
    return name;
}

}  // namespace

PriceNames::PriceNames(std::string_view name) noexcept {
    for (std::string_view last; name.size() != last.size(); last = name, name = without_prefix(name))
        add_shortened(name);
}

void PriceNames::add_shortened(std::string_view name) noexcept {
    add(name);
    add(name = name.substr(0, name.find('@')));
    add(name = fine_tuned_base(name));
    if (const std::string_view base = without_revision(name); base.size() < name.size()) {
        add(name = base);
        add(name = without_number(name, "-"));
    }
    add(name = without_number(name, "-v"));
    add(name = without_date(name));
    add(without(name, "-latest"));
}

void PriceNames::add(std::string_view name) noexcept {
    if (name.empty() || count_ == most || (count_ > 0 && names_[count_ - 1] == name)) return;
    names_[count_++] = name;
}

}  // namespace tokenweir::metrics
