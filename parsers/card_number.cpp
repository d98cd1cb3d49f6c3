#include "parsers/card_number.hpp"

#include <array>
#include <cstddef>

namespace tokenweir::parsers {

namespace {

constexpr std::size_t shortest = 13, longest = 19;

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

/// Payment cards begin with 2 to 6; a time in milliseconds begins with 1.
bool may_begin(char c) noexcept { return c >= '2' && c <= '6'; }

}  // namespace

bool passes_luhn(std::string_view digits) noexcept {
    int sum = 0;
    for (std::size_t i = 0; i < digits.size(); ++i) {
        int digit = digits[digits.size() - 1 - i] - '0';
        if (i % 2 == 1) digit = digit < 5 ? 2 * digit : 2 * digit - 9;
        sum += digit;
    }
    return sum % 10 == 0;
}

std::string_view find_card_number(std::string_view run) noexcept {
    for (std::size_t begin = 0; begin < run.size(); ++begin) {
        if (!may_begin(run[begin]) || (begin > 0 && is_digit(run[begin - 1]))) continue;
        std::array<char, longest> digits{};
        std::string_view found;
        for (std::size_t end = begin, count = 0; end < run.size() && count < longest; ++end) {
            if (!is_digit(run[end])) continue;
            digits[count++] = run[end];
            const bool group_ends = end + 1 == run.size() || !is_digit(run[end + 1]);
            if (group_ends && count >= shortest && passes_luhn({digits.data(), count}))
                found = run.substr(begin, end + 1 - begin);
        }
        if (!found.empty()) return found;
    }
    return {};
}

}  // namespace tokenweir::parsers
