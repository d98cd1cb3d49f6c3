/// Reads values into one Config, later ones over earlier ones, and remembers where each came from.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "proxy/config_keys.hpp"
#include "proxy/config_rules.hpp"
#include "proxy/config_text.hpp"

namespace YAML {  // NOLINT: theirs
class Node;
struct Mark;
}  // namespace YAML

namespace tokenweir::proxy {

/// Mistakes are gathered; what is read after one is still read. A path is that of a key: "routes[0].upstream"; a
/// `where` is what messages begin with.
class ConfigReader {
public:
    /// `environment`, which references name, must outlive the reader.
    explicit ConfigReader(const Environment& environment);

    /// A YAML file with keys of the table.
    void read_yaml(std::string_view text, const std::string& document);

    /// One value as text, from the environment or a flag.
    void read_text(const Key<Config>& key, const std::string& text, const std::string& where);

    void complain(const std::string& where, const std::string& what) { complaints_.add(where, what); }

    /// Something to be said that stops nothing.
    void warn(const std::string& what) { config_.warnings.push_back(what); }

    /// Fills in what nothing was said about and checks the rules. Throws ConfigError. Call once, last.
    Config finish();

private:
    std::string at(const YAML::Mark& mark) const;
    std::string at(const YAML::Mark& mark, const std::string& path) const { return at(mark) + ": " + path; }

    /// An undefined node if the text is not YAML, which is complained about.
    YAML::Node parse_yaml(const std::string& text, const std::string& document);

    template <class Object>
    void set(const Key<Object>& key, const std::string& path, std::string_view raw, const std::string& where,
             Object& out);

    // A mapping lies in `holder`, an item of a list or "", and is that item's `section`, "" for all of it.
    template <class Object>
    void read_mapping(const YAML::Node& node, std::span<const Key<Object>> keys, const std::string& section,
                      const std::string& holder, Object& out);
    template <class Object>
    void read_entry(const YAML::Node& word, const YAML::Node& value, std::span<const Key<Object>> keys,
                    const std::string& section, const std::string& holder, Object& out);
    template <class Object>
    void unknown_key(const YAML::Node& word, std::span<const Key<Object>> keys, const std::string& section,
                     const std::string& holder);
    template <class Object>
    void check_required(std::span<const Key<Object>> keys, const std::string& holder, const std::string& where);

    /// Only a Config holds lists: false for every other key.
    bool read_list(const Key<Config>& key, const YAML::Node& node, const std::string& where);
    template <class Object>
    bool read_list(const Key<Object>&, const YAML::Node&, const std::string&) {
        return false;
    }
    void read_listeners(const YAML::Node& node);
    void read_listener(const YAML::Node& node, const std::string& path);
    void read_routes(const YAML::Node& node);
    void read_redactions(const YAML::Node& node);
    void read_route(const YAML::Node& node, const std::string& path);

    const Environment& environment_;
    std::string document_;  // the name of the YAML text being read
    Config config_ = default_config();
    Origins origins_;
    Complaints complaints_;
};

}  // namespace tokenweir::proxy
