/// Sources to one checked Config: flag, then environment, then file, then default.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "observation/config_error.hpp"
#include "proxy/config.hpp"
#include "proxy/config_text.hpp"

namespace tokenweir::proxy {

/// A value given on the command line. `shown` is the flag as the operator wrote it, for messages.
struct FlagValue {
    std::string shown;  ///< "--listen", or "--set timeouts.idle"
    std::string path;   ///< "listen"
    std::string text;
};

/// Everything a Config is made of; kept, so that a reload reads the same sources again.
struct ConfigSources {
    std::string file = {};  ///< path of the YAML file; empty: none
    Environment environment = {};
    std::vector<FlagValue> flags = {};  ///< several of `listen` add up
};

/// Reads the file and what it refers to, and checks everything, the TLS files included. Throws ConfigError with all
/// that is wrong. A TOKENWEIR_ variable that is empty counts as not set; one that names no key is an error.
Config load_config(const ConfigSources& sources);

/// The same with the file's content at hand; `sources.file` is only its name in messages.
Config load_config(const ConfigSources& sources, std::string_view yaml);

/// `config` as a YAML file that load_config reads back as `config`, but for the secrets, which are masked.
std::string effective_yaml(const Config& config);

}  // namespace tokenweir::proxy
