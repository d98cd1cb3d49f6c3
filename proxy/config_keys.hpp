/// Every key of the configuration, in one table: the file, the environment, the flags, `check`, --help and
/// docs/configuration.md are all read off it.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "proxy/config.hpp"

namespace tokenweir::proxy {

/// One key of an Object: of the Config, or of an item of one of its lists.
template <class Object>
struct Key {
    std::string_view path;  ///< "timeouts.first_byte"; the parts are nested mappings in YAML
    std::string_view flag;  ///< "--listen ADDRESS"; empty: none of its own
    std::string_view doc;   ///< one line of Markdown

    std::string (*expects)();
    void (*parse)(std::string_view text, Object& out);  ///< throws BadValue
    std::string (*print)(const Object&);                ///< text that parse() takes; empty: not set

    enum class Kind : unsigned char { plain, required, secret } kind = Kind::plain;
    bool is_list = false;  ///< YAML may have a list of scalars, which parse() gets with commas between them

    bool is_required() const noexcept { return kind == Kind::required; }
    bool is_secret() const noexcept { return kind == Kind::secret; }

    /// "--listen"
    std::string_view flag_name() const noexcept { return flag.substr(0, flag.find(' ')); }
};

std::span<const Key<Config>> config_keys() noexcept;

/// Of an item of `routes`.
std::span<const Key<Route>> route_keys() noexcept;

/// Of an item of `redactions`.
std::span<const Key<parsers::RedactionRule>> redaction_keys() noexcept;

/// Of an item of `listen` that is a mapping.
std::span<const Key<Listener>> listener_keys() noexcept;

/// The key with that path, or nullptr.
const Key<Config>* find_config_key(std::string_view path) noexcept;

/// TOKENWEIR_TIMEOUTS_FIRST_BYTE
std::string environment_name(std::string_view path);

/// What holds where nothing is configured: the addresses, the built-in routes and the mock endpoint included.
Config default_config();

/// The public hosts of the providers, each under a prefix of its name.
std::vector<Route> builtin_routes();

}  // namespace tokenweir::proxy
