/// The command line: which command, with which configuration.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "proxy/config.hpp"
#include "proxy/config_load.hpp"

namespace tokenweir::proxy {

enum class Command : unsigned char { serve, check, mock, version, help };

struct CommandLine {
    Command command = Command::serve;
    ConfigSources sources;                         ///< serve and check; load_config(sources) reloads
    Config config;                                 ///< serve and check: loaded from `sources`
    ListenAddress mock_listen{"127.0.0.1", 7090};  ///< mock
};

/// `arguments` without the program's name. Throws ConfigError for what is wrong with them or with the configuration.
CommandLine parse_command_line(std::span<const char* const> arguments, Environment environment);

/// What --help prints.
std::string help_text(std::string_view version);

}  // namespace tokenweir::proxy
