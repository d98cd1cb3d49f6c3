/// The one reader of all sources: values are set from the weakest source to the strongest, then the rules are checked.
#include "proxy/config_load.hpp"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <optional>
#include <set>

#include "proxy/config_keys.hpp"
#include "proxy/config_rules.hpp"

namespace tokenweir::proxy {
namespace {

constexpr std::size_t max_file_bytes = std::size_t{1} << 20;
constexpr const char* invalid_yaml = "not valid YAML (a value with ':', '[' or '{' may need quotes): ";

std::string joined(std::string_view section, std::string_view name) {
    return std::string(section) + (section.empty() || name.empty() ? "" : ".") + std::string(name);
}

std::string in_place(const std::string& place) { return place.empty() ? place : " in " + place; }

/// The words that may stand at one level: in the section "timeouts", those of "timeouts.x.y" and "timeouts.z" are x and
/// z.
template <class Object>
std::vector<std::string_view> words_of(std::span<const Key<Object>> keys, std::string_view section) {
    std::vector<std::string_view> words;
    for (const Key<Object>& key : keys) {
        std::string_view word = key.path;
        if (!section.empty()) {
            if (!word.starts_with(section) || word.substr(section.size(), 1) != ".") continue;
            word.remove_prefix(section.size() + 1);
        }
        word = word.substr(0, word.find('.'));
        if (words.empty() || words.back() != word) words.push_back(word);
    }
    return words;
}

/// Kubernetes gives every pod variables for each service of its namespace; a service named "tokenweir" looks like keys.
bool is_service_link(std::string_view name, std::string_view value) {
    return name.ends_with("_SERVICE_HOST") || name.find("_SERVICE_PORT") != std::string_view::npos ||
           name.find("_PORT_") != std::string_view::npos ||
           (name.ends_with("_PORT") && value.find("://") != std::string_view::npos);
}

class Loader {
public:
    explicit Loader(const ConfigSources& sources) : sources_(sources) {
        config_.routes.clear();
        config_.mock_route = false;
    }

    void read_file(std::string_view text) { read_yaml(text, sources_.file); }
    void read_environment();
    void read_flags();
    void complain(const std::string& where, const std::string& what) { complaints_.add(where, what); }
    Config finish();

private:
    std::string at(const YAML::Mark& mark) const {
        if (mark.is_null()) return document_;
        return document_ + ":" + std::to_string(mark.line + 1) + ":" + std::to_string(mark.column + 1);
    }
    std::string at(const YAML::Mark& mark, const std::string& path) const { return at(mark) + ": " + path; }

    void read_yaml(std::string_view text, const std::string& document);
    void read_routes_text(const std::string& text, const std::string& where);

    template <class Object>
    void set(const Key<Object>& key, const std::string& path, std::string_view raw, const std::string& where,
             Object& out);

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

    bool read_list(const Key<Config>& key, const YAML::Node& node, const std::string& where, Config& out);
    template <class Object>
    bool read_list(const Key<Object>&, const YAML::Node&, const std::string&, Object&) {
        return false;
    }
    void read_listeners(const YAML::Node& node);
    void read_listener(const YAML::Node& node, const std::string& path);
    void read_routes(const YAML::Node& node);

    const ConfigSources& sources_;
    std::string document_;  // the name of the YAML text being read
    Config config_ = default_config();
    Origins origins_;
    Complaints complaints_;
};

// ---- one value
// -------------------------------------------------------------------------------------------------------

template <class Object>
void Loader::set(const Key<Object>& key, const std::string& path, std::string_view raw, const std::string& where,
                 Object& out) {
    origins_.set(path, where);
    origins_.forget_items(path);
    try {
        key.parse(expand(raw, sources_.environment), out);
    } catch (const BadValue& bad) {
        origins_.spoil(path);
        // The text as written, so that what a reference stands for is never shown.
        complain(where, bad.what() + (key.is_secret() ? std::string() : ", got " + in_quotes(raw)));
    }
}

// ---- YAML
// ------------------------------------------------------------------------------------------------------------

void Loader::read_yaml(std::string_view text, const std::string& document) {
    document_ = document;
    try {
        const std::vector<YAML::Node> documents = YAML::LoadAll(std::string(text));
        if (documents.empty() || documents[0].IsNull()) return;
        if (documents.size() > 1) complain(at(documents[1].Mark()), "expected one YAML document, found a second one");
        if (!documents[0].IsMap())
            return complain(at(documents[0].Mark()), "expected a mapping, such as 'listen: 127.0.0.1:7080'");
        read_mapping(documents[0], config_keys(), "", "", config_);
    } catch (const YAML::Exception& error) {
        complain(at(error.mark), invalid_yaml + error.msg);
    }
}

template <class Object>
void Loader::read_mapping(const YAML::Node& node, std::span<const Key<Object>> keys, const std::string& section,
                          const std::string& holder, Object& out) {
    std::set<std::string> seen;
    for (const auto& entry : node) {
        const YAML::Node& word = entry.first;
        const std::string place = in_place(joined(holder, section));
        if (!word.IsScalar())
            complain(at(word.Mark()), "expected a word as the key" + place);
        else if (!seen.insert(word.Scalar()).second)
            complain(at(word.Mark()), "key " + in_quotes(word.Scalar()) + " stands twice" + place);
        else
            read_entry(word, entry.second, keys, section, holder, out);
    }
}

template <class Object>
void Loader::read_entry(const YAML::Node& word, const YAML::Node& value, std::span<const Key<Object>> keys,
                        const std::string& section, const std::string& holder, Object& out) {
    const std::string name = joined(section, word.Scalar());
    const std::string path = joined(holder, name);
    const std::string where = at(value.IsNull() ? word.Mark() : value.Mark(), path);
    const auto key = std::ranges::find(keys, std::string_view(name), &Key<Object>::path);
    if (key != keys.end()) {
        if (value.IsScalar() && key->parse != nullptr) return set(*key, path, value.Scalar(), where, out);
        if (read_list(*key, value, where, out)) return;
        const char* got = value.IsNull()       ? "nothing"
                          : value.IsMap()      ? "a mapping"
                          : value.IsSequence() ? "a list"
                                               : "a value";
        return complain(where, "expected " + key->expects() + ", got " + got);
    }
    if (words_of(keys, name).empty()) return unknown_key(word, keys, section, holder);
    origins_.set(path, where);
    if (value.IsMap())
        read_mapping(value, keys, name, holder, out);
    else if (!value.IsNull())
        complain(where, "expected a mapping with keys such as '" + std::string(words_of(keys, name)[0]) + "'");
}

template <class Object>
void Loader::unknown_key(const YAML::Node& word, std::span<const Key<Object>> keys, const std::string& section,
                         const std::string& holder) {
    const std::string& name = word.Scalar();
    std::string message = "unknown key " + in_quotes(name) + in_place(joined(holder, section));
    std::optional<std::string_view> meant = nearest(name, words_of(keys, section));
    if (meant) {  // a misspelt key is not also missing
        const std::string path = joined(holder, joined(section, *meant));
        origins_.set(path, at(word.Mark(), path));
        origins_.spoil(path);
    } else {  // perhaps the right word in the wrong place
        const auto key =
            std::ranges::find_if(keys, [&](const auto& known) { return known.path.ends_with("." + name); });
        if (key != keys.end()) meant = key->path;
    }
    complain(at(word.Mark()), message + (meant ? "; did you mean '" + std::string(*meant) + "'?" : ""));
}

template <class Object>
void Loader::check_required(std::span<const Key<Object>> keys, const std::string& holder, const std::string& where) {
    for (const Key<Object>& key : keys)
        if (key.is_required() && !origins_.has(joined(holder, key.path)))
            complain(where, "key '" + std::string(key.path) + "' is missing: expected " + key.expects());
}

// ---- the two lists
// ---------------------------------------------------------------------------------------------------

bool Loader::read_list(const Key<Config>& key, const YAML::Node& node, const std::string& where, Config&) {
    const bool is_listen = key.path == "listen" && (node.IsSequence() || node.IsMap());
    const bool is_routes = key.path == "routes" && node.IsSequence();
    if (!is_listen && !is_routes) return false;
    origins_.set(std::string(key.path), where);
    origins_.forget_items(key.path);
    if (node.IsSequence() && node.size() == 0)
        complain(where, "expected at least one item");
    else if (is_listen)
        read_listeners(node);
    else
        read_routes(node);
    return true;
}

void Loader::read_listeners(const YAML::Node& node) {
    config_.listen.clear();
    if (node.IsMap()) return read_listener(node, "listen[0]");
    for (std::size_t i = 0; i < node.size(); ++i) read_listener(node[i], "listen[" + std::to_string(i) + "]");
}

void Loader::read_listener(const YAML::Node& node, const std::string& path) {
    const std::string where = at(node.Mark(), path);
    origins_.set(path, where);
    Listener& listener = config_.listen.emplace_back();
    const std::span keys = listener_keys();
    if (node.IsScalar()) return set(keys[0], path, node.Scalar(), where, listener);
    if (!node.IsMap()) return complain(where, "expected ip:port, or a mapping with address and tls");
    read_mapping(node, keys, "", path, listener);
    if (origins_.has(path + ".tls") && !listener.tls) listener.tls.emplace();
    check_required(keys, path, where);
}

void Loader::read_routes(const YAML::Node& node) {
    config_.routes.clear();
    for (std::size_t i = 0; i < node.size(); ++i) {
        const std::string path = "routes[" + std::to_string(i) + "]";
        const std::string where = at(node[i].Mark(), path);
        origins_.set(path, where);
        Route& route = config_.routes.emplace_back();
        if (!node[i].IsMap()) {
            complain(where, "expected a mapping with prefix and upstream");
            continue;
        }
        read_mapping(node[i], route_keys(), "", path, route);
        check_required(route_keys(), path, where);
        if (!origins_.has(path + ".name") && origins_.is_good(path + ".prefix"))
            route.name = route.prefix.empty() ? "default" : route.prefix.substr(1);
    }
}

// ---- environment and flags
// -------------------------------------------------------------------------------------------

void Loader::read_routes_text(const std::string& text, const std::string& where) {
    document_ = where;
    try {
        const YAML::Node node = YAML::Load(text);
        if (!read_list(*find_config_key("routes"), node, where, config_))
            complain(where, "expected a YAML list such as [{prefix: /x, upstream: https://x.example}]");
    } catch (const YAML::Exception& error) {
        complain(at(error.mark), invalid_yaml + error.msg);
    }
}

void Loader::read_environment() {
    std::map<std::string, const Key<Config>*, std::less<>> known{{"TOKENWEIR_CONFIG", nullptr}};
    for (const Key<Config>& key : config_keys()) known.emplace(environment_name(key.path), &key);
    std::vector<std::string_view> names;
    for (const auto& [name, key] : known) names.push_back(name);

    for (const auto& [name, value] : sources_.environment) {
        if (!name.starts_with("TOKENWEIR_") || value.empty()) continue;
        const auto found = known.find(name);
        if (found == known.end()) {
            if (!is_service_link(name, value)) complain(name, "unknown variable" + suggestion(name, names));
        } else if (const Key<Config>* key = found->second) {
            if (key->parse == nullptr)
                read_routes_text(value, name);
            else
                set(*key, std::string(key->path), value, name, config_);
        }
    }
}

void Loader::read_flags() {
    std::map<std::string, FlagValue> flags;
    for (const FlagValue& flag : sources_.flags) {
        const auto [first, is_new] = flags.emplace(flag.path, flag);
        if (is_new) continue;
        if (flag.path == "listen")
            first->second.text += "," + flag.text;
        else
            complain(flag.shown, "given twice");
    }
    for (const auto& [path, flag] : flags) {
        const Key<Config>* key = find_config_key(path);
        if (key == nullptr) {
            std::vector<std::string_view> paths;
            for (const Key<Config>& known : config_keys()) paths.push_back(known.path);
            complain(flag.shown, "unknown key" + suggestion(path, paths));
        } else if (key->parse == nullptr) {
            read_routes_text(flag.text, flag.shown);
        } else {
            set(*key, path, flag.text, flag.shown, config_);
        }
    }
}

Config Loader::finish() {
    const bool is_builtin = !origins_.has("routes") && !origins_.has("upstream");
    if (is_builtin) config_.routes = builtin_routes();
    if (!origins_.has("mock")) config_.mock_route = is_builtin;
    check_rules(config_, origins_, complaints_);
    complaints_.throw_if_any();
    return std::move(config_);
}

}  // namespace

Config load_config(const ConfigSources& sources) {
    if (sources.file.empty()) return load_config(sources, {});
    std::string text;
    try {
        text = read_text_file(sources.file, max_file_bytes);
    } catch (const BadValue& bad) {
        throw ConfigError({bad.what()});
    }
    return load_config(sources, text);
}

Config load_config(const ConfigSources& sources, std::string_view yaml) {
    Loader loader(sources);
    loader.read_file(yaml);
    loader.read_environment();
    loader.read_flags();
    return loader.finish();
}

}  // namespace tokenweir::proxy
