/// What the operator wants: one immutable value, checked before anything starts.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "observation/feedback_options.hpp"
#include "observation/genai_dialect.hpp"
#include "observation/head_decorator.hpp"
#include "observation/rotation_options.hpp"
#include "observation/telemetry_options.hpp"
#include "parsers/call_observer.hpp"
#include "proxy/body_scanner.hpp"
#include "proxy/http_head.hpp"

namespace tokenweir::proxy {

/// host:port to listen on. IPv6 hosts are kept without brackets.
struct ListenAddress {
    std::string host = "127.0.0.1";
    std::uint16_t port = 0;

    /// 127.0.0.1:7080 or [::1]:7080
    std::string to_string() const;
    /// Only this machine can reach it.
    bool is_loopback() const;

    bool operator==(const ListenAddress&) const = default;
};

struct ServerTls {
    std::string certificate_file;  ///< PEM chain
    std::string key_file;          ///< PEM; must not be readable by group or world

    bool operator==(const ServerTls&) const = default;
};

struct Listener {
    ListenAddress address;
    std::optional<ServerTls> tls;

    bool operator==(const Listener&) const = default;
};

/// http(s)://host[:port][/base/path]
struct UpstreamUrl {
    bool tls = false;
    std::string host;        ///< without brackets
    std::uint16_t port = 0;  ///< the scheme's default filled in
    std::string base_path;   ///< empty, or starts with '/' and does not end with one

    /// The Host field: brackets for IPv6, the port only if it is not the scheme's.
    std::string authority() const;
    /// The URL, without a trailing slash.
    std::string to_string() const;

    bool operator==(const UpstreamUrl&) const = default;
};

struct Route {
    std::string name;
    std::string prefix;  ///< "/openai"; empty: everything (--upstream, or a route whose prefix is "/")
    UpstreamUrl upstream;
    std::string provider{};                            ///< empty: recognised
    std::optional<ContextForwarding> trace_context{};  ///< absent: what the configuration says
    std::optional<parsers::ContentCapture> content{};  ///< the same

    bool operator==(const Route&) const = default;
};

/// Zero means: no such limit.
struct Timeouts {
    std::chrono::milliseconds connect{5'000};
    std::chrono::milliseconds tls{5'000};
    std::chrono::milliseconds first_byte{600'000};
    std::chrono::milliseconds idle{600'000};
    std::chrono::milliseconds client_header{30'000};
    std::chrono::milliseconds client_idle{60'000};  ///< between two reads of a request body
    std::chrono::milliseconds keep_alive{75'000};   ///< idle client connection
    std::chrono::milliseconds pool_idle{30'000};    ///< idle upstream connection
    std::chrono::milliseconds drain{30'000};        ///< at SIGTERM, for calls in flight

    bool operator==(const Timeouts&) const = default;
};

struct Limits {
    std::size_t connections = 0;  ///< client connections; 0: from RLIMIT_NOFILE at start
    HeadLimits head;
    ChunkLimits chunk;
    std::size_t pool_idle_per_upstream = 64;  ///< per thread

    bool operator==(const Limits&) const = default;
};

/// What the labels of metrics may take; more becomes "other".
struct Labels {
    std::size_t max_models = 200;
    std::size_t max_routes = 100;
    std::size_t max_tag_values = 100;  ///< of each tag
    std::size_t max_combinations = 1000;
    std::size_t max_evaluations = 50;  ///< names of evaluations, and as many of their labels
    std::vector<std::string> tags;     ///< the ones that are labels

    bool operator==(const Labels&) const = default;
};

/// Upper bounds of histograms, by what they measure; empty: those that are built in.
struct Buckets {
    std::vector<double> latency, duration, tokens, phase, overhead, size;

    bool operator==(const Buckets&) const = default;
};

struct Config {
    std::vector<Listener> listen;
    ListenAddress admin_listen;
    std::string admin_token;          ///< empty: none, loopback only
    unsigned threads = 0;             ///< 0: one per core
    std::string call_log_path = "-";  ///< "-" stdout, "off", or a file
    std::size_t call_log_queue_bytes = std::size_t{64} << 20;
    RotationOptions call_log_rotation;
    FeedbackOptions feedback;
    std::string cost_catalogue;    ///< a file; empty: the prices that the program carries in it, alone
    std::string tls_ca_file;       ///< empty: the system's trust store
    std::vector<Route> routes;     ///< longest prefix wins
    bool single_upstream = false;  ///< --upstream: one route without a prefix
    bool mock_route = false;       ///< serve the in-process mock endpoint under /mock
    Timeouts timeouts;
    Limits limits;
    Labels labels;
    Buckets buckets;
    GenAiDialect genai_dialect = GenAiDialect::v1_41;
    std::optional<ContextForwarding> trace_context;  ///< absent: by where the upstream is
    parsers::ContentCapture content = parsers::ContentCapture::off;
    std::vector<parsers::RedactionRule> redactions;  ///< beside the built-in ones
    PropagationOptions propagation;
    SamplerOptions sampler;
    TelemetryOptions telemetry;
    std::vector<std::string> warnings{};  ///< about variables of OpenTelemetry that were left out
    parsers::ObserverOptions observer;

    bool operator==(const Config&) const = default;
};

}  // namespace tokenweir::proxy
