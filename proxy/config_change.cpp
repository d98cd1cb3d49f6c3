#include "proxy/config_change.hpp"

#include <algorithm>
#include <array>

#include "proxy/config_keys.hpp"

namespace tokenweir::proxy {

namespace {

/// Sockets, threads, the log's file and queue, and families of metrics: all made once.
constexpr std::array<std::string_view, 8> at_start{"listen",   "admin.listen", "threads", "call_log",
                                                   "feedback", "labels",       "metrics", "telemetry"};

bool is_read_at_start(std::string_view path) {
    if (path == "telemetry.trace_context" || path == "feedback.path") return false;  // they make the routes
    return std::ranges::any_of(at_start, [&](std::string_view name) {
        return path.starts_with(name) && (path.size() == name.size() || path[name.size()] == '.');
    });
}

}  // namespace

std::span<const std::string_view> read_at_start() noexcept { return at_start; }

std::vector<std::string_view> keys_needing_restart(const Config& started, const Config& wanted) {
    std::vector<std::string_view> paths;
    for (const Key<Config>& key : config_keys()) {
        if (!is_read_at_start(key.path)) continue;
        const bool same = key.path == "listen" ? same_sockets(started.listen, wanted.listen)
                                               : key.print(started) == key.print(wanted);
        if (!same) paths.push_back(key.path);
    }
    return paths;
}

bool same_sockets(std::span<const Listener> a, std::span<const Listener> b) {
    return std::ranges::equal(a, b, [](const Listener& one, const Listener& other) {
        return one.address == other.address && one.tls.has_value() == other.tls.has_value();
    });
}

}  // namespace tokenweir::proxy
