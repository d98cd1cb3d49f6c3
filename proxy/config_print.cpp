/// The effective configuration as YAML.
#include "proxy/config_keys.hpp"
#include "proxy/config_load.hpp"

namespace tokenweir::proxy {
namespace {

constexpr std::string_view mask = "\"********\"  # masked";

/// Writes keys with paths as nested mappings; a section is opened when its first key comes.
class YamlWriter {
public:
    explicit YamlWriter(std::string& out, std::string first_indent, std::string indent)
        : out_(out), next_indent_(std::move(first_indent)), indent_(std::move(indent)) {}

    void write(std::string_view path, std::string_view value) {
        const std::size_t dot = path.find('.');
        const std::string_view section = dot == std::string_view::npos ? std::string_view{} : path.substr(0, dot);
        if (!section.empty() && section != section_) line(std::string(section) + ":");
        section_ = section;
        if (section.empty())
            line(std::string(path) + ": " + std::string(value));
        else
            line("  " + std::string(path.substr(dot + 1)) + ": " + std::string(value));
    }

private:
    void line(const std::string& text) {
        out_ += next_indent_ + text + "\n";
        next_indent_ = indent_;
    }

    std::string& out_;
    std::string next_indent_;
    std::string indent_;
    std::string_view section_;
};

template <class Object>
void write_items(std::string& out, std::string_view list, const std::vector<Object>& items,
                 std::span<const Key<Object>> keys) {
    out.append(list).append(":\n");
    for (const Object& item : items) {
        YamlWriter writer(out, "  - ", "    ");
        for (const Key<Object>& key : keys)
            if (const std::string text = key.print(item); !text.empty()) writer.write(key.path, yaml_scalar(text));
    }
}

}  // namespace

std::string effective_yaml(const Config& config) {
    std::string out;
    YamlWriter writer(out, "", "");
    for (const Key<Config>& key : config_keys()) {
        if (key.path == "listen") {
            write_items(out, key.path, config.listen, listener_keys());
        } else if (key.path == "routes") {
            if (!config.single_upstream) write_items(out, key.path, config.routes, route_keys());
        } else if (key.path == "redactions") {
            if (!config.redactions.empty()) write_items(out, key.path, config.redactions, redaction_keys());
        } else if (const std::string text = key.print(config); !text.empty()) {
            writer.write(key.path, key.is_secret() ? mask : yaml_scalar(text));
        }
    }
    return out;
}

}  // namespace tokenweir::proxy
