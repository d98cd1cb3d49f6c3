/// The text side of the configuration: references in values, and quoting for YAML.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "observation/message_text.hpp"

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

/// `text` as a YAML scalar that the configuration reads back as `text`.
std::string yaml_scalar(std::string_view text);

}  // namespace tokenweir::proxy
