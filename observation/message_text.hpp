/// Words for messages to the operator: quoting what was written, and the known word that was probably meant.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace tokenweir {

/// 'text', fit for one line of a message: shortened, without control characters, without the secret parts of a URL.
std::string in_quotes(std::string_view text);

/// The candidate that `word` was most likely meant to be (optimal string alignment distance), if one is near enough.
std::optional<std::string_view> nearest(std::string_view word, std::span<const std::string_view> candidates);

/// "; did you mean 'x'?", or nothing.
std::string suggestion(std::string_view word, std::span<const std::string_view> candidates);

}  // namespace tokenweir
