/// The text side of the configuration: references in values, quoting for messages and YAML, and the nearest known word.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace tokenweir::proxy {

using Environment = std::map<std::string, std::string, std::less<>>;

/// The variables of this process.
Environment process_environment();

/// Replaces ${VAR}, ${VAR:-default} and ${file:/path} (less one trailing newline); $$ is a dollar sign. As in a shell,
/// the default also stands in for an empty variable and may hold references itself. What is put in is not looked at
/// again. Throws BadValue.
std::string expand(std::string_view text, const Environment& environment);

/// The whole file. Throws BadValue when it cannot be read or is larger than `max_bytes`.
std::string read_text_file(const std::string& path, std::size_t max_bytes);

/// 'text', fit for one line of a message: shortened, without control characters, without the secret parts of a URL.
std::string in_quotes(std::string_view text);

/// `text` as a YAML scalar that the configuration reads back as `text`.
std::string yaml_scalar(std::string_view text);

/// The candidate that `word` was most likely meant to be (optimal string alignment distance), if one is near enough.
std::optional<std::string_view> nearest(std::string_view word, std::span<const std::string_view> candidates);

/// "; did you mean 'x'?", or nothing.
std::string suggestion(std::string_view word, std::span<const std::string_view> candidates);

}  // namespace tokenweir::proxy
