/// The sources, from the weakest to the strongest.
#include "proxy/config_load.hpp"

#include <map>

#include "proxy/config_otel.hpp"
#include "proxy/config_reader.hpp"

namespace tokenweir::proxy {
namespace {

constexpr std::size_t max_file_bytes = std::size_t{1} << 20;

/// Kubernetes gives every pod variables for each service of its namespace; a service named "tokenweir" looks like keys.
bool is_service_link(std::string_view name, std::string_view value) {
    return name.ends_with("_SERVICE_HOST") || name.find("_SERVICE_PORT") != std::string_view::npos ||
           name.find("_PORT_") != std::string_view::npos ||
           (name.ends_with("_PORT") && value.find("://") != std::string_view::npos);
}

void read_otel_environment(ConfigReader& reader, const Environment& environment) {
    const OtelSettings otel = read_otel_variables(environment);
    for (const auto& [variable, path, text] : otel.settings) reader.read_text(*find_config_key(path), text, variable);
    for (const std::string& warning : otel.warnings) reader.warn(warning);
}

void read_environment(ConfigReader& reader, const Environment& environment) {
    std::map<std::string, const Key<Config>*, std::less<>> known{{"TOKENWEIR_CONFIG", nullptr}};
    for (const Key<Config>& key : config_keys()) known.emplace(environment_name(key.path), &key);
    std::vector<std::string_view> names;
    for (const auto& [name, key] : known) names.push_back(name);

    for (const auto& [name, value] : environment) {
        if (!name.starts_with("TOKENWEIR_") || value.empty() || is_service_link(name, value)) continue;
        const auto found = known.find(name);
        if (found == known.end())
            reader.complain(name, "unknown variable" + suggestion(name, names));
        else if (found->second != nullptr)
            reader.read_text(*found->second, value, name);
    }
}

void read_flags(ConfigReader& reader, const std::vector<FlagValue>& flags) {
    std::map<std::string, FlagValue> by_path;
    for (const FlagValue& flag : flags) {
        const auto [first, is_new] = by_path.emplace(flag.path, flag);
        if (is_new) continue;
        if (flag.path == "listen")
            first->second.text += "," + flag.text;
        else
            reader.complain(flag.shown, "given twice");
    }
    std::vector<std::string_view> paths;
    for (const Key<Config>& key : config_keys()) paths.push_back(key.path);
    for (const auto& [path, flag] : by_path) {
        if (const Key<Config>* key = find_config_key(path))
            reader.read_text(*key, flag.text, flag.shown);
        else
            reader.complain(flag.shown, "unknown key" + suggestion(path, paths));
    }
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
    ConfigReader reader(sources.environment);
    reader.read_yaml(yaml, sources.file);
    read_otel_environment(reader, sources.environment);
    read_environment(reader, sources.environment);
    read_flags(reader, sources.flags);
    return reader.finish();
}

}  // namespace tokenweir::proxy
