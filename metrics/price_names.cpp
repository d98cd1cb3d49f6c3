#include "metrics/price_names.hpp"

#include <algorithm>
#include <array>
#include <utility>

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

PriceNames::Iterator& PriceNames::Iterator::operator++() noexcept {
    constexpr int most = 32;
    const std::string_view last = name_;
    while (count_ < most && shorten())
        if (!rest_.empty() && rest_ != last) {
            name_ = rest_;
            ++count_;
            return *this;
        }
    name_ = {};
    return *this;
}

/// Takes the next step of those that make a name shorter. Whether there was one.
bool PriceNames::Iterator::shorten() noexcept {
    switch (step_++) {
        case 0: rest_ = rest_.substr(0, rest_.find('@')); return true;
        case 1: rest_ = fine_tuned_base(rest_); return true;
        case 2:
            if (const std::string_view base = without_revision(rest_); base.size() < rest_.size())
                rest_ = base;
            else
                ++step_;
            return true;
        case 3: rest_ = without_number(rest_, "-"); return true;
        case 4: rest_ = without_number(rest_, "-v"); return true;
        case 5: rest_ = without_date(rest_); return true;
        case 6: rest_ = without(rest_, "-latest"); return true;
        default: break;
    }
    rest_ = without_prefix(whole_);
    step_ = 0;
    return rest_.size() < std::exchange(whole_, rest_).size();
}

}  // namespace tokenweir::metrics
