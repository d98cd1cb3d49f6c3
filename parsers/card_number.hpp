/// Numbers of payment cards among digits (ISO/IEC 7812-1).
#pragma once

#include <string_view>

namespace tokenweir::parsers {

/// The sum that tells a card's number from a typing error (ISO/IEC 7812-1, annex B). `digits`: digits alone.
bool passes_luhn(std::string_view digits) noexcept;

/// The first number in `run`, digits with single spaces and dashes between them: 13 to 19 digits that begin as those of
/// payment cards do, that pass the sum, and that begin and end where a group of digits does. Empty: none.
std::string_view find_card_number(std::string_view run) noexcept;

}  // namespace tokenweir::parsers
