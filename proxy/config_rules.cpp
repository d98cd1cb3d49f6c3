/// The rules, one function each.
#include "proxy/config_rules.hpp"

#include <arpa/inet.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "proxy/config_text.hpp"

namespace tokenweir::proxy {
namespace {

std::string item(const char* list, std::size_t index) { return std::string(list) + "[" + std::to_string(index) + "]"; }

/// Connecting to `upstream` reaches `listener`, as far as that can be known without a resolver.
bool leads_to(const UpstreamUrl& upstream, const ListenAddress& listener) {
    if (upstream.port != listener.port) return false;
    // Connecting to the address of every interface reaches this machine.
    const bool is_any = upstream.host == "0.0.0.0" || upstream.host == "::";
    const std::string host = !is_any ? upstream.host : upstream.host == "::" ? "::1" : "127.0.0.1";
    if (host == "localhost")
        return std::ranges::any_of(std::array{"127.0.0.1", "::1", "0.0.0.0", "::"},
                                   [&](const char* address) { return listener.host == address; });
    in_addr v4{};
    const bool is_loopback_v4 = host.starts_with("127.") && inet_pton(AF_INET, host.c_str(), &v4) == 1;
    return host == listener.host || (listener.host == "0.0.0.0" && is_loopback_v4) ||
           (listener.host == "::" && host == "::1");
}

struct Rules {
    const Config& config;
    const Origins& origins;
    Complaints& complaints;

    void complain(std::string_view path, const std::string& what) const { complaints.add(origins.of(path), what); }

    void admin_is_private() const {
        if (config.admin_listen.is_loopback() || !config.admin_token.empty()) return;
        if (origins.has("admin.token") && !origins.is_good("admin.token")) return;
        complain("admin.listen", "others can reach " + config.admin_listen.to_string() +
                                     ": expected a loopback address, or an admin.token (a value or ${file:/path})");
    }

    void addresses_differ() const {
        std::map<std::string, std::string> taken;
        if (config.admin_listen.port != 0) taken.emplace(config.admin_listen.to_string(), "admin.listen");
        for (std::size_t i = 0; i < config.listen.size(); ++i) {
            const ListenAddress& address = config.listen[i].address;
            if (address.port == 0) continue;
            const auto [other, is_new] = taken.emplace(address.to_string(), item("listen", i));
            if (!is_new)
                complain(item("listen", i), address.to_string() + " is already the address of " + other->second);
        }
    }

    void readable(const std::string& path, const std::string& file) const {
        struct stat status {};
        if (stat(file.c_str(), &status) != 0 || access(file.c_str(), R_OK) != 0)
            complain(path, "cannot read '" + file + "': " + std::strerror(errno));
        else if (!S_ISREG(status.st_mode))
            complain(path, "'" + file + "' is not a file");
    }

    void key_is_private(const std::string& path, const std::string& file) const {
        struct stat status {};
        if (stat(file.c_str(), &status) != 0 || !S_ISREG(status.st_mode) || (status.st_mode & (S_IRGRP | S_IROTH)) == 0)
            return;
        complain(path, "group or others may read the key '" + file + "': expected mode 0600 (chmod 600)");
    }

    void price_file() const {
        if (!config.cost_catalogue.empty()) readable("cost.catalogue", config.cost_catalogue);
    }

    void call_log_rotates() const {
        const RotationOptions& rotation = config.call_log_rotation;
        const bool rotates = rotation.max_bytes > 0 || rotation.interval.count() > 0;
        const bool is_file = config.call_log_path != "-" && config.call_log_path != "off";
        if (rotates && !is_file)
            complain(
                rotation.max_bytes > 0 ? "call_log.rotate_size" : "call_log.rotate_interval",
                "nothing to rotate: expected a file in call_log.path, which is " + in_quotes(config.call_log_path));
    }

    void feedback_has_a_place() const {
        const FeedbackOptions& feedback = config.feedback;
        if (feedback.path.empty()) return;
        if (!feedback.enabled) complain("feedback.path", "expected off, because feedback.enabled is off");
        for (std::size_t i = 0; i < config.routes.size(); ++i)
            if (config.routes[i].prefix == feedback.path || config.routes[i].name == "feedback")
                complain("feedback.path", in_quotes(config.routes[i].name) + ", which is " + item("routes", i) +
                                              ", has this path or this name: expected another one");
        if (config.mock_route && feedback.path == "/mock")
            complain("feedback.path", "'/mock' is taken by the mock endpoint: expected another one");
    }

    void telemetry_files() const {
        const OtlpOptions& otlp = config.telemetry.otlp;
        client_files("telemetry.otlp_", otlp);
        client_files("telemetry.otlp_traces_", otlp.traces);
        client_files("telemetry.otlp_logs_", otlp.logs);
        client_files("telemetry.otlp_metrics_", otlp.metrics);
    }

    /// `files`: OtlpOptions or what one signal has of it.
    void client_files(const std::string& path, const auto& files) const {
        const std::string certificate = path + "certificate", key = path + "key";
        if (!files.ca_file.empty()) readable(path + "ca_file", files.ca_file);
        if (!files.certificate_file.empty()) readable(certificate, files.certificate_file);
        if (!files.key_file.empty()) readable(key, files.key_file);
        key_is_private(key, files.key_file);
        if (files.certificate_file.empty() != files.key_file.empty())
            complain(files.key_file.empty() ? certificate : key, "expected both " + certificate + " and " + key);
    }

    void tls_files() const {
        if (!config.tls_ca_file.empty()) readable("tls.ca_file", config.tls_ca_file);
        for (std::size_t i = 0; i < config.listen.size(); ++i) {
            if (!config.listen[i].tls) continue;
            const ServerTls& tls = *config.listen[i].tls;
            const std::string path = item("listen", i) + ".tls";
            // An empty name is absent, or complained about already.
            if (!origins.has(path + ".certificate") || !origins.has(path + ".key"))
                complain(path, "expected both certificate and key");
            if (!tls.certificate_file.empty()) readable(path + ".certificate", tls.certificate_file);
            if (!tls.key_file.empty()) readable(path + ".key", tls.key_file);
            key_is_private(path + ".key", tls.key_file);
        }
    }

    void routes_differ() const {
        std::map<std::string, std::size_t> names, prefixes;
        for (std::size_t i = 0; i < config.routes.size(); ++i) {
            const Route& route = config.routes[i];
            const std::string path = item("routes", i);
            const auto [same_name, new_name] = names.emplace(route.name, i);
            if (!new_name && !route.name.empty())
                complain(path + ".name",
                         in_quotes(route.name) + " is already the name of " + item("routes", same_name->second));
            if (!origins.is_good(path + ".prefix")) continue;  // built in, or complained about already
            const auto [same_prefix, new_prefix] = prefixes.emplace(route.prefix, i);
            if (!new_prefix)
                complain(path + ".prefix", in_quotes(route.prefix.empty() ? "/" : route.prefix) +
                                               " is already the prefix of " + item("routes", same_prefix->second));
            if (config.mock_route && (route.prefix == "/mock" || route.name == "mock"))
                complain(path, "'mock' is taken by the mock endpoint: choose another word, or set mock to off");
        }
    }

    void one_kind_of_routes() const {
        if (origins.has("upstream") && origins.has("routes"))
            complain("upstream", "excludes routes (" + origins.of("routes") + "): expected one of the two");
        if (origins.has("upstream") && config.mock_route)
            complain("mock", "excludes upstream, which everything is sent to: expected off");
    }

    void upstreams_lead_away() const {
        for (std::size_t i = 0; i < config.routes.size(); ++i)
            for (std::size_t j = 0; j < config.listen.size(); ++j) {
                const ListenAddress& listener = config.listen[j].address;
                if (!leads_to(config.routes[i].upstream, listener)) continue;
                complain(config.single_upstream ? "upstream" : item("routes", i) + ".upstream",
                         config.routes[i].upstream.to_string() + " leads back to " + item("listen", j) + " (" +
                             listener.to_string() + "): expected another host or port");
            }
    }

    void context_headers_differ() const {
        const parsers::ContextHeaders& headers = config.observer.context.headers;
        const std::array lists{std::pair("context.conversation_headers", &headers.conversation()),
                               std::pair("context.user_headers", &headers.user()),
                               std::pair("context.tag_headers", &headers.tags())};
        for (std::size_t i = 0; i < lists.size(); ++i)
            for (std::size_t j = 0; j < i; ++j)
                for (const std::string& name : *lists[i].second)
                    if (std::ranges::any_of(*lists[j].second, [&](const std::string& other) {
                            return parsers::same_header(name, other);
                        }))
                        complain(origins.has(lists[i].first) ? lists[i].first : lists[j].first,
                                 in_quotes(name) + " is in " + lists[j].first + " and in " + lists[i].first +
                                     ": expected one meaning for a header");
    }

    void limits_fit() const {
        const HeadLimits& head = config.limits.head;
        if (head.request_line_bytes <= head.header_bytes) return;
        if (origins.has("limits.request_line_bytes"))
            complain("limits.request_line_bytes",
                     "expected at most limits.header_bytes, which holds the request line too");
        else
            complain("limits.header_bytes", "expected at least limits.request_line_bytes, which is part of it");
    }
};

}  // namespace

std::string Origins::of(std::string_view path) const {
    for (std::string_view holder = path;;) {
        if (const auto found = where_.find(holder); found != where_.end()) return found->second;
        const std::size_t end = holder.find_last_of(".[");
        if (end == std::string_view::npos) return std::string(path);
        holder = holder.substr(0, end);
    }
}

void Origins::forget_items(std::string_view list) {
    const std::string items = std::string(list) + "[";
    for (auto it = where_.lower_bound(items); it != where_.end() && it->first.starts_with(items);)
        it = where_.erase(it);
}

void check_rules(const Config& config, const Origins& origins, Complaints& complaints) {
    const Rules rules{config, origins, complaints};
    rules.admin_is_private();
    rules.addresses_differ();
    rules.price_file();
    rules.call_log_rotates();
    rules.feedback_has_a_place();
    rules.tls_files();
    rules.telemetry_files();
    rules.one_kind_of_routes();
    rules.routes_differ();
    rules.upstreams_lead_away();
    rules.limits_fit();
    rules.context_headers_differ();
}

}  // namespace tokenweir::proxy
