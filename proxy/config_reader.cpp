/// Values from YAML and from text, told by the tables of keys how to read them.
#include "proxy/config_reader.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <optional>
#include <set>
#include <sstream>
#include <utility>

namespace tokenweir::proxy {
namespace {

std::string joined(std::string_view section, std::string_view name) {
    return std::string(section) + (section.empty() || name.empty() ? "" : ".") + std::string(name);
}

std::string in_place(const std::string& place) { return place.empty() ? place : " in " + place; }

/// Sees documents begin, and nothing else.
struct DocumentStarts final : YAML::EventHandler {
    void OnDocumentStart(const YAML::Mark& mark) override { last = mark; }
    void OnDocumentEnd() override {}
    void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
    void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
    void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t, const std::string&) override {}
    void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
    void OnSequenceEnd() override {}
    void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
    void OnMapEnd() override {}

    YAML::Mark last;
};

/// Where something follows the first document. (YAML::LoadAll would find it too, but does not return from ",x".)
std::optional<YAML::Mark> second_document(const std::string& text) {
    std::istringstream stream(text);
    YAML::Parser parser(stream);
    DocumentStarts starts;
    for (int i = 0; i < 2; ++i)
        if (!parser.HandleNextDocument(starts)) return std::nullopt;
    return starts.last;
}

/// The words that may stand at one level. Of "timeouts.x.y" and "timeouts.z", in the section "timeouts": x and z.
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

/// A list of scalars as the text that the same list has outside YAML.
std::optional<std::string> with_commas(const YAML::Node& list) {
    if (!list.IsSequence()) return std::nullopt;
    std::string text;
    for (const YAML::Node& item : list) {
        if (!item.IsScalar()) return std::nullopt;
        text.append(text.empty() ? "" : ", ").append(item.Scalar());
    }
    return text;
}

}  // namespace

ConfigReader::ConfigReader(const Environment& environment) : environment_(environment) {
    config_.routes.clear();
    config_.mock_route = false;
}

std::string ConfigReader::at(const YAML::Mark& mark) const {
    if (mark.is_null()) return document_;
    return document_ + ":" + std::to_string(mark.line + 1) + ":" + std::to_string(mark.column + 1);
}

YAML::Node ConfigReader::parse_yaml(const std::string& text, const std::string& document) {
    document_ = document;
    try {
        if (const auto mark = second_document(text))
            complain(at(*mark), "expected one YAML document and nothing behind it");
        else
            return YAML::Load(text);
    } catch (const YAML::Exception& error) {
        complain(at(error.mark), "not valid YAML (a value with ':', '[' or '{' may need quotes): " + error.msg);
    }
    return YAML::Node(YAML::NodeType::Undefined);
}

void ConfigReader::read_yaml(std::string_view text, const std::string& document) {
    const YAML::Node node = parse_yaml(std::string(text), document);
    if (node.IsMap())
        read_mapping(node, config_keys(), "", "", config_);
    else if (node.IsScalar() || node.IsSequence())
        complain(at(node.Mark()), "expected a mapping, such as 'listen: 127.0.0.1:7080'");
}

void ConfigReader::read_text(const Key<Config>& key, const std::string& text, const std::string& where) {
    if (key.parse != nullptr) return set(key, std::string(key.path), text, where, config_);
    const YAML::Node node = parse_yaml(text, where);
    if (node.IsDefined() && !read_list(key, node, where))
        complain(where, "expected a YAML list such as " +
                            std::string(key.path == "routes" ? "[{prefix: /x, upstream: https://x.example}]"
                                                             : "[{name: ticket, pattern: 'TICKET-[0-9]+'}]"));
}

template <class Object>
void ConfigReader::set(const Key<Object>& key, const std::string& path, std::string_view raw, const std::string& where,
                       Object& out) {
    origins_.set(path, where);
    origins_.forget_items(path);
    try {
        key.parse(expand(raw, environment_), out);
    } catch (const BadValue& bad) {
        origins_.spoil(path);
        // The text as written, so that what a reference stands for is never shown.
        complain(where, bad.what() + (key.is_secret() ? std::string() : ", got " + in_quotes(raw)));
    }
}

template <class Object>
void ConfigReader::read_mapping(const YAML::Node& node, std::span<const Key<Object>> keys, const std::string& section,
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
void ConfigReader::read_entry(const YAML::Node& word, const YAML::Node& value, std::span<const Key<Object>> keys,
                              const std::string& section, const std::string& holder, Object& out) {
    if (word.Scalar().find('.') != std::string::npos)
        return complain(at(word.Mark()),
                        "expected nested mappings in place of the dots of " + in_quotes(word.Scalar()));
    const std::string name = joined(section, word.Scalar());
    const std::string path = joined(holder, name);
    const std::string where = at(value.IsNull() ? word.Mark() : value.Mark(), path);
    const auto key = std::ranges::find(keys, std::string_view(name), &Key<Object>::path);
    if (key != keys.end()) {
        if (value.IsScalar() && key->parse != nullptr) return set(*key, path, value.Scalar(), where, out);
        if (const auto text = key->is_list ? with_commas(value) : std::nullopt)
            return set(*key, path, *text, where, out);
        if (read_list(*key, value, where)) return;
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
void ConfigReader::unknown_key(const YAML::Node& word, std::span<const Key<Object>> keys, const std::string& section,
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
void ConfigReader::check_required(std::span<const Key<Object>> keys, const std::string& holder,
                                  const std::string& where) {
    for (const Key<Object>& key : keys)
        if (key.is_required() && !origins_.has(joined(holder, key.path)))
            complain(where, "key '" + std::string(key.path) + "' is missing: expected " + key.expects());
}

bool ConfigReader::read_list(const Key<Config>& key, const YAML::Node& node, const std::string& where) {
    const bool is_listen = key.path == "listen" && (node.IsSequence() || node.IsMap());
    const bool is_routes = key.path == "routes" && node.IsSequence();
    const bool is_redactions = key.path == "redactions" && node.IsSequence();
    if (!is_listen && !is_routes && !is_redactions) return false;
    origins_.set(std::string(key.path), where);
    origins_.forget_items(key.path);
    if (node.IsSequence() && node.size() == 0)
        complain(where, "expected at least one item");
    else if (is_listen)
        read_listeners(node);
    else if (is_redactions)
        read_redactions(node);
    else
        read_routes(node);
    return true;
}

void ConfigReader::read_listeners(const YAML::Node& node) {
    config_.listen.clear();
    if (node.IsMap()) return read_listener(node, "listen[0]");
    for (std::size_t i = 0; i < node.size(); ++i) read_listener(node[i], "listen[" + std::to_string(i) + "]");
}

void ConfigReader::read_listener(const YAML::Node& node, const std::string& path) {
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

void ConfigReader::read_routes(const YAML::Node& node) {
    config_.routes.clear();
    for (std::size_t i = 0; i < node.size(); ++i) read_route(node[i], "routes[" + std::to_string(i) + "]");
}

void ConfigReader::read_redactions(const YAML::Node& node) {
    config_.redactions.clear();
    for (std::size_t i = 0; i < node.size(); ++i) {
        const std::string path = "redactions[" + std::to_string(i) + "]";
        const std::string where = at(node[i].Mark(), path);
        origins_.set(path, where);
        if (!node[i].IsMap()) {
            complain(where, "expected a mapping with name and pattern");
            continue;
        }
        read_mapping(node[i], redaction_keys(), "", path, config_.redactions.emplace_back());
        check_required(redaction_keys(), path, where);
    }
}

void ConfigReader::read_route(const YAML::Node& node, const std::string& path) {
    const std::string where = at(node.Mark(), path);
    origins_.set(path, where);
    Route& route = config_.routes.emplace_back();
    if (!node.IsMap()) return complain(where, "expected a mapping with prefix and upstream");
    read_mapping(node, route_keys(), "", path, route);
    check_required(route_keys(), path, where);
    if (!origins_.has(path + ".name") && origins_.is_good(path + ".prefix"))
        route.name = route.prefix.empty() ? "default" : route.prefix.substr(1);
}

Config ConfigReader::finish() {
    const bool is_builtin = !origins_.has("routes") && !origins_.has("upstream");
    if (is_builtin) config_.routes = builtin_routes();
    if (!origins_.has("mock")) config_.mock_route = is_builtin;
    check_rules(config_, origins_, complaints_);
    complaints_.throw_if_any();
    parsers::Redaction& redaction = config_.observer.content.redaction;
    if (!config_.redactions.empty()) redaction = parsers::Redaction(redaction.builtin(), config_.redactions);
    return std::move(config_);
}

}  // namespace tokenweir::proxy
