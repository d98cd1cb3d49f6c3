/// `check`'s output, and the reference page that must say what the code does.
#include <doctest/doctest.h>

#include <fstream>
#include <iterator>
#include <set>

#include "config_support.hpp"

using namespace tokenweir::proxy;
using tokenweir::test::load;
using tokenweir::test::TemporaryDirectory;

namespace {

std::string row(std::initializer_list<std::string> cells) {
    std::string text = "|";
    for (const std::string& cell : cells) text += " " + cell + " |";
    return text + "\n";
}

std::string code(std::string_view text) { return "`" + std::string(text) + "`"; }

/// A `|` would end the cell.
std::string cell(std::string text) {
    for (std::size_t at = 0; (at = text.find('|', at)) != std::string::npos; at += 2) text.insert(at, 1, '\\');
    return text;
}

std::string reference_of_keys() {
    const Config defaults = default_config();
    std::string text = row({"key", "default", "value", "meaning"}) + "|---|---|---|---|\n";
    for (const Key<Config>& key : config_keys()) {
        const std::string value = key.print == nullptr ? "" : key.print(defaults);
        const std::string fallback = key.path == "routes" ? "built in" : value.empty() ? "none" : code(value);
        text += row({code(key.path), fallback, cell(key.expects()), std::string(key.doc)});
    }
    return text;
}

std::string reference_of_names() {
    std::string text = row({"key", "environment", "flag"}) + "|---|---|---|\n";
    for (const Key<Config>& key : config_keys())
        text += row({code(key.path), code(environment_name(key.path)), key.flag.empty() ? "" : cell(code(key.flag))});
    return text;
}

template <class Object>
std::string reference_of_items(std::span<const Key<Object>> keys) {
    std::string text = row({"key", "value", "meaning"}) + "|---|---|---|\n";
    for (const Key<Object>& key : keys)
        text +=
            row({code(key.path) + (key.is_required() ? " (required)" : ""), cell(key.expects()), std::string(key.doc)});
    return text;
}

std::string reference_of_builtin_routes() {
    std::string text = row({"prefix", "upstream", "provider"}) + "|---|---|---|\n";
    for (const Route& route : builtin_routes())
        text += row({code(route.prefix), code(route.upstream.to_string()), code(route.provider)});
    return text;
}

std::string documentation() {
    std::ifstream file(TOKENWEIR_SOURCE_DIR "/docs/configuration.md", std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

/// The fenced blocks of a language.
std::vector<std::string> examples(const std::string& text, const std::string& language) {
    std::vector<std::string> found;
    const std::string open = "\n```" + language + "\n";
    for (std::size_t at = 0; (at = text.find(open, at)) != std::string::npos;) {
        at += open.size();
        found.push_back(text.substr(at, text.find("```", at) - at));
    }
    return found;
}

}  // namespace

TEST_SUITE_BEGIN("config_print");

TEST_CASE("the effective configuration is read back as the same") {
    const TemporaryDirectory directory;
    const std::string certificate = directory.file("c.pem", "c");
    const std::string key = directory.file("k.pem", "k");
    const std::string rows[] = {
        "",
        "upstream: http://[::1]:8000/v1\ntimeouts: {drain: off, connect: 250ms}\n",
        "mock: off\nobserve: off\ncall_log: {path: 'a $${b}: \"c\"'}\n",
        "routes: [{prefix: /, upstream: 'https://a'}, {name: b, prefix: /b, upstream: 'https://b/c', provider: 'x "
        "y'}]\n",
        "listen: ['[::1]:1', {address: '127.0.0.1:2', tls: {certificate: " + certificate + ", key: " + key + "}}]\n",
        "labels: {tags: [a, b_c]}\nmetrics: {latency_buckets: [0.001, 2.5, 100000000000000000000]}\n",
        "telemetry: {trace_context: untouched, propagators: [baggage, b3multi], sampler: traceidratio, sampler_ratio: "
        "0.000001}\nroutes: [{prefix: /, upstream: 'http://a', trace_context: none}]\n",
        "telemetry: {propagators: none, trace_context: auto}\n",
        "telemetry: {otlp_endpoint: 'https://h/base/', zipkin_endpoint: 'http://[::1]:9411', otlp_signals: none, "
        "resource_attributes: ['a b=c%2Cd', 'e=%25'], trace_profiles: langfuse, keep_slower_than: 1500ms, "
        "keep_costlier_than: 0.001}\n",
        "call_log: {path: x, rotate_size: 10MB, rotate_interval: 36h, rotate_keep: 3}\n",
        "feedback: {path: /say, implicit: [abort, regenerate], hold: 90s}\n",
        "limits: {header_bytes: 100000}\nobserver: {stall_threshold: 1234ms}\nthreads: 4\n",
        "context: {conversation_headers: [a, b], user_headers: [], tag_headers: 'x-y-*, z', record_user: off}\n",
        "content: {capture: metadata, max_part_bytes: 1KiB, max_bytes: 4KiB, redact: [key, email]}\n"
        "redactions: [{name: ticket, pattern: 'T-\\d{1,3}$$'}, {name: b, pattern: '(?i)b, c'}]\n"
        "routes: [{prefix: /, upstream: 'http://a', content: full}]\n",
        "content: {redact: none}\n",
    };
    for (const std::string& yaml : rows) {
        CAPTURE(yaml);
        const Config config = load({yaml});
        CHECK(load({effective_yaml(config)}) == config);
    }
}

TEST_CASE("the effective configuration names every key with its value") {
    CHECK(effective_yaml(load({"upstream: https://h/v1\n"})) == R"(listen:
  - address: 127.0.0.1:7080
admin:
  listen: 127.0.0.1:7081
threads: 0
observe: on
upstream: https://h/v1
mock: off
call_log:
  path: "-"
  queue_bytes: 64MiB
  rotate_size: off
  rotate_interval: off
  rotate_keep: 10
feedback:
  enabled: on
  path: off
  index_bytes: 16MiB
  hold: 900s
  record_comments: on
  implicit: none
  regenerate_window: 300s
timeouts:
  connect: 5s
  tls: 5s
  first_byte: 600s
  idle: 600s
  client_header: 30s
  client_idle: 60s
  keep_alive: 75s
  pool_idle: 30s
  drain: 30s
limits:
  connections: 0
  request_line_bytes: 16KiB
  header_bytes: 64KiB
  header_fields: 200
  chunk_extension_bytes_per_chunk: 4KiB
  chunk_extension_bytes: 64KiB
  trailer_bytes: 64KiB
  trailer_fields: 200
  pool_idle: 64
labels:
  max_models: 200
  max_routes: 100
  max_tag_values: 100
  max_combinations: 1000
  max_evaluations: 50
telemetry:
  genai_dialect: v1.41
  trace_context: auto
  propagators: auto
  sampler: parentbased_always_on
  sampler_ratio: 1
  keep_errors: off
  keep_slower_than: off
  keep_costlier_than: off
  trace_profiles: none
  export: on
  service_name: tokenweir
  otlp_signals: "traces, logs, metrics"
  otlp_protocol: http/protobuf
  otlp_compression: none
  otlp_timeout: 10s
  queue_bytes: 64MiB
  queue_records: 0
  batch_bytes: 1MiB
  batch_records: 512
  interval: 5s
  give_up: off
  metrics_interval: 60s
  spool_bytes: 256MiB
observer:
  stall_threshold: 5s
  max_event_bytes: 8MiB
  max_decoded_bytes: 64MiB
  max_decoded_ratio: 200
content:
  capture: off
  max_part_bytes: 8KiB
  max_bytes: 64KiB
  redact: "email, card, phone, key"
context:
  conversation_headers: x-tokenweir-conversation
  user_headers: "x-tokenweir-user, helicone-user-id, x-litellm-end-user-id, x-litellm-customer-id, )"
                                                                R"(x-openwebui-user-id"
  tag_headers: "x-tokenweir-tag-*, helicone-property-*, helicone-session-name, helicone-session-path, )"
                                                                R"(x-portkey-metadata, x-portkey-trace-id, )"
                                                                R"(x-litellm-tags, cf-aig-metadata"
  record_user: on
)");
}

TEST_CASE("a secret is masked") {
    const std::string token = "Zq7Xw9Jk2Vb5Nf8Tg4Hy6Rd3Pc1LmQsQz";
    const std::string text = effective_yaml(load({"admin: {token: " + token + "}"}));
    CHECK(text.find("  token: \"********\"  # masked\n") != std::string::npos);
    for (std::size_t i = 0; i + 4 <= token.size(); ++i) CHECK(text.find(token.substr(i, 4)) == std::string::npos);
}

TEST_CASE("paths and variables are unique and sections stand together") {
    std::set<std::string> paths, names, flags;
    std::set<std::string_view> sections;
    std::string_view section;
    for (const Key<Config>& key : config_keys()) {
        CAPTURE(key.path);
        CHECK(paths.insert(std::string(key.path)).second);
        CHECK(names.insert(environment_name(key.path)).second);
        if (!key.flag.empty()) CHECK(flags.insert(std::string(key.flag_name())).second);
        const std::size_t dot = key.path.find('.');
        const std::string_view own = dot == std::string_view::npos ? std::string_view() : key.path.substr(0, dot);
        if (own != section && !own.empty()) CHECK(sections.insert(own).second);
        section = own;
    }
}

TEST_CASE("docs/configuration.md has the tables of the code") {
    const std::string text = documentation();
    for (const std::string& table :
         {reference_of_keys(), reference_of_names(), reference_of_items(route_keys()),
          reference_of_items(listener_keys()), reference_of_items(redaction_keys()), reference_of_builtin_routes()}) {
        CAPTURE(table);
        CHECK(text.find("\n\n" + table + "\n") != std::string::npos);
    }
}

TEST_CASE("the examples of docs/configuration.md are valid") {
    const TemporaryDirectory directory;
    const Environment environment{{"PATH", "/bin"},
                                  {"TLS", directory.path()},
                                  {"TOKEN", directory.file("token", "0123456789abcdef0123456789abcdef\n")}};
    directory.file("cert.pem", "c");
    directory.file("key.pem", "k");
    std::vector<std::string> yamls = examples(documentation(), "yaml");
    REQUIRE(yamls.size() >= 3);
    for (std::string& yaml : yamls) {
        // The files that the examples name are not on this machine.
        for (const auto& [from, to] : {std::pair("/run/secrets/admin_token", environment.at("TOKEN")),
                                       std::pair("/etc/tokenweir/", environment.at("TLS") + "/")})
            for (std::size_t at = 0; (at = yaml.find(from, at)) != std::string::npos; at += to.size())
                yaml.replace(at, std::string_view(from).size(), to);
        CAPTURE(yaml);
        CHECK(tokenweir::test::complaints({yaml, environment}) == "");
    }
}

TEST_SUITE_END();
