/// The tables. A line is: kind of value, where it is kept; path, flag, meaning.
#include "proxy/config_keys.hpp"

#include <algorithm>
#include <array>

#include "proxy/config_content.hpp"
#include "proxy/config_headers.hpp"
#include "proxy/config_telemetry.hpp"
#include "proxy/config_text.hpp"
#include "proxy/config_values.hpp"

namespace tokenweir::proxy {
namespace {

constexpr std::size_t kib = 1024;
constexpr std::size_t mib = 1024 * kib;
constexpr std::size_t gib = 1024 * mib;

/// at<&Config::limits, &Limits::head>(config) is config.limits.head.
template <auto... Members>
constexpr auto& at(auto& object) {
    return (object.*....*Members);
}

template <class Kind>
constexpr bool is_list = requires {
    Kind::is_list;
};

template <class Object, class Kind, auto... Members>
constexpr Key<Object> key_of(std::string_view path, std::string_view flag, std::string_view doc,
                             typename Key<Object>::Kind kind) {
    return {.path = path,
            .flag = flag,
            .doc = doc,
            .expects = &Kind::expects,
            .parse = [](std::string_view text, Object& out) { Kind::parse(text, at<Members...>(out)); },
            .print = [](const Object& object) { return Kind::print(at<Members...>(object)); },
            .kind = kind,
            .is_list = is_list<Kind>};
}

template <class Kind, auto... Members>
constexpr Key<Config> key(std::string_view path, std::string_view doc, std::string_view flag = {}) {
    return key_of<Config, Kind, Members...>(path, flag, doc, Key<Config>::Kind::plain);
}

template <class Kind, auto... Members>
constexpr Key<Config> secret(std::string_view path, std::string_view doc) {
    return key_of<Config, Kind, Members...>(path, {}, doc, Key<Config>::Kind::secret);
}

template <class Kind, auto Member>
constexpr Key<Config> timeout(std::string_view path, std::string_view doc) {
    return key<Kind, &Config::timeouts, Member>(path, doc);
}

template <auto Member>
constexpr Key<Config> buckets(std::string_view path, std::string_view doc) {
    return key<Bounds, &Config::buckets, Member>(path, doc);
}

template <class Kind, auto... Members>
constexpr Key<Config> export_key(std::string_view path, std::string_view doc) {
    return key<Kind, &Config::telemetry, Members...>(path, doc);
}

template <class Kind, auto Member>
constexpr Key<Config> feedback_key(std::string_view path, std::string_view doc) {
    return key<Kind, &Config::feedback, Member>(path, doc);
}

template <auto Signal>
constexpr Key<Config> signal_endpoint(std::string_view path, std::string_view doc) {
    return export_key<EndpointUrl, &TelemetryOptions::otlp, Signal, &OtlpOptions::Signal::endpoint>(path, doc);
}

template <class Kind, auto Signal, auto Member>
constexpr Key<Config> signal_key(std::string_view path) {
    return export_key<Kind, &TelemetryOptions::otlp, Signal, Member>(path, "the same for this signal");
}

template <auto Signal>
constexpr Key<Config> signal_headers(std::string_view path, std::string_view doc) {
    return secret<Headers, &Config::telemetry, &TelemetryOptions::otlp, Signal, &OtlpOptions::Signal::further_headers>(
        path, doc);
}

/// `routes` is a list: from text it is read as YAML, which only the loader can do.
constexpr Key<Config> routes_key{.path = "routes",
                                 .flag = {},
                                 .doc = "where requests go, by prefix: see [Routes](#routes)",
                                 .expects = [] { return std::string("a list of routes"); },
                                 .parse = nullptr,
                                 .print = nullptr};

constexpr Key<Config> redactions_key{.path = "redactions",
                                     .flag = {},
                                     .doc = "what else is taken out of recorded texts: see [Redactions](#redactions)",
                                     .expects = [] { return std::string("a list of redactions"); },
                                     .parse = nullptr,
                                     .print = nullptr};

using C = Config;
using T = Timeouts;
using L = Limits;
using TO = TelemetryOptions;
using FO = FeedbackOptions;
using parsers::ContentOptions;
using parsers::ContextOptions;
using parsers::ObserverOptions;

constexpr std::array config_table{
    key<Addresses, &C::listen>("listen", "where clients connect: an address, or a list (see [Listeners](#listeners))",
                               "--listen ADDRESS"),
    key<Address, &C::admin_listen>("admin.listen", "where `/metrics`, `/healthz` and `/readyz` are served",
                                   "--admin-listen ADDRESS"),
    secret<Token, &C::admin_token>("admin.token", "bearer token of the admin port; without one it must be loopback"),
    key<Count<0, 1024>, &C::threads>("threads", "I/O threads; 0: one per core", "--threads N"),
    key<Switch, &C::observer, &ObserverOptions::decode>("observe", "off: forward only, look into no body",
                                                        "--observe on|off"),
    key<SingleUpstream>("upstream", "send everything to this one base URL, unprefixed; excludes `routes`",
                        "--upstream URL"),
    routes_key,
    key<Switch, &C::mock_route>("mock", "a mock LLM endpoint under `/mock`; off once `routes` or `upstream` is given",
                                "--mock on|off"),
    key<Path, &C::call_log_path>("call_log.path", "one JSON object per call: `-` is stdout, `off` is none, else a file",
                                 "--call-log PATH"),
    key<Bytes<64 * kib, 64 * gib>, &C::call_log_queue_bytes>(
        "call_log.queue_bytes", "records that wait for the log; more are dropped and counted"),
    key<OptionalBytes<kib, 1024 * gib>, &C::call_log_rotation, &RotationOptions::max_bytes>(
        "call_log.rotate_size", "a file that would grow beyond it is renamed, and a new one begun"),
    key<TimeLimit, &C::call_log_rotation, &RotationOptions::interval>(
        "call_log.rotate_interval", "the same for each period of that length, in UTC"),
    key<Count<1, 10'000>, &C::call_log_rotation, &RotationOptions::keep>(
        "call_log.rotate_keep", "renamed files that stay; older ones are removed"),
    feedback_key<Switch, &FO::enabled>("feedback.enabled",
                                       "`POST /v1/feedback` on the admin port (see [Feedback](feedback.md))"),
    feedback_key<OptionalPrefix, &FO::path>("feedback.path", "where clients can send it too, such as /v1/feedback"),
    feedback_key<Bytes<64 * kib, 64 * gib>, &FO::index_bytes>("feedback.index_bytes",
                                                              "for the ids of finished calls, about 1 KiB each"),
    feedback_key<Wait, &FO::hold>("feedback.hold", "how long feedback waits for the end of its call"),
    feedback_key<Switch, &FO::record_comments>("feedback.record_comments", "off: comments are thrown away"),
    key<ImplicitSignals>("feedback.implicit", "what clients do that counts as feedback"),
    feedback_key<Wait, &FO::regenerate_window>("feedback.regenerate_window",
                                               "how long after an answer the same prompt asks for another one"),
    key<OptionalPath, &C::cost_catalogue>(
        "cost.catalogue", "YAML file of prices, over those that come with the program (see [Cost](cost.md))"),
    key<OptionalPath, &C::tls_ca_file>("tls.ca_file",
                                       "PEM file of CAs that upstreams are verified with; none: the system's"),

    timeout<TimeLimit, &T::connect>("timeouts.connect", "TCP connection to an upstream, name look-up included"),
    timeout<TimeLimit, &T::tls>("timeouts.tls", "TLS handshake, on either side"),
    timeout<TimeLimit, &T::first_byte>("timeouts.first_byte", "end of the request to the response head"),
    timeout<TimeLimit, &T::idle>("timeouts.idle", "between two reads of a response body"),
    timeout<TimeLimit, &T::client_header>("timeouts.client_header", "first byte of a request to the end of its head"),
    timeout<TimeLimit, &T::client_idle>("timeouts.client_idle", "between two reads of a request body"),
    timeout<TimeLimit, &T::keep_alive>("timeouts.keep_alive", "idle client connection"),
    timeout<TimeLimit, &T::pool_idle>("timeouts.pool_idle", "idle upstream connection"),
    timeout<TimeLimit, &T::drain>("timeouts.drain", "calls in flight at SIGTERM"),

    key<Count<0, 10'000'000>, &C::limits, &L::connections>(
        "limits.connections", "client connections at a time; 0: from the process's limit of open files"),
    key<Bytes<256, mib>, &C::limits, &L::head, &HeadLimits::request_line_bytes>("limits.request_line_bytes",
                                                                                "method, target and version"),
    key<Bytes<kib, mib>, &C::limits, &L::head, &HeadLimits::header_bytes>("limits.header_bytes", "a whole head"),
    key<Count<1, 10'000>, &C::limits, &L::head, &HeadLimits::header_fields>("limits.header_fields", "fields of a head"),
    key<Bytes<0, mib>, &C::limits, &L::chunk, &ChunkLimits::extension_bytes_per_chunk>(
        "limits.chunk_extension_bytes_per_chunk", "extensions of one chunk"),
    key<Bytes<0, mib>, &C::limits, &L::chunk, &ChunkLimits::extension_bytes>("limits.chunk_extension_bytes",
                                                                             "chunk extensions of one message"),
    key<Bytes<0, mib>, &C::limits, &L::chunk, &ChunkLimits::trailer_bytes>("limits.trailer_bytes", "a trailer section"),
    key<Count<0, 10'000>, &C::limits, &L::chunk, &ChunkLimits::trailer_fields>("limits.trailer_fields",
                                                                               "fields of a trailer section"),
    key<Count<0, 100'000>, &C::limits, &L::pool_idle_per_upstream>("limits.pool_idle",
                                                                   "idle connections kept per upstream and thread"),

    key<Count<1, 50'000>, &C::labels, &Labels::max_models>("labels.max_models",
                                                           "model names in metrics; further ones become `other`"),
    key<Count<1, 50'000>, &C::labels, &Labels::max_routes>("labels.max_routes",
                                                           "route names in metrics; further ones become `other`"),
    key<TagNames, &C::labels, &Labels::tags>(
        "labels.tags",
        "tags that become labels of metrics, `tag_` before their names (see [Metrics](metrics.md#tags))"),
    key<Count<1, 50'000>, &C::labels, &Labels::max_tag_values>("labels.max_tag_values",
                                                               "values of each such tag; further ones become `other`"),
    key<Count<1, 1'000'000>, &C::labels, &Labels::max_combinations>(
        "labels.max_combinations", "combinations of label values; in further ones model and tags become `other`"),

    key<Count<1, 10'000>, &C::labels, &Labels::max_evaluations>(
        "labels.max_evaluations", "names of evaluations in metrics, and as many labels; further ones become `other`"),

    buckets<&Buckets::latency>("metrics.latency_buckets",
                               "bounds of our latencies in seconds; if none, the [built-in](metrics.md#buckets) ones"),
    buckets<&Buckets::duration>("metrics.duration_buckets", "the same for the durations of the GenAI conventions"),
    buckets<&Buckets::tokens>("metrics.tokens_buckets", "the same for the tokens of a call"),
    buckets<&Buckets::phase>("metrics.phase_buckets", "the same for the seconds that a call spends in a phase"),
    buckets<&Buckets::overhead>("metrics.overhead_buckets",
                                "the same for the seconds that a call spends inside the proxy"),
    buckets<&Buckets::size>("metrics.size_buckets", "the same for the bytes of a body"),
    key<Dialect, &C::genai_dialect>(
        "telemetry.genai_dialect",
        "names of the OpenTelemetry GenAI conventions: the last release, its successor, or both"),

    key<Forwarding, &C::trace_context>("telemetry.trace_context",
                                       "what upstreams learn of traces where their route does not say (see "
                                       "[Tracing](tracing.md#what-upstreams-learn))"),
    key<Propagators, &C::propagation>(
        "telemetry.propagators", "kinds of trace context that are read and sent; auto: whichever the client speaks"),
    key<SamplerName, &C::sampler>("telemetry.sampler", "which traces are kept: OpenTelemetry's samplers"),
    key<Ratio, &C::sampler, &SamplerOptions::ratio>("telemetry.sampler_ratio",
                                                    "the share of traces that `traceidratio` keeps"),
    export_key<Switch, &TO::keep, &KeepOptions::errors>(
        "telemetry.keep_errors", "calls that failed become spans although they were not sampled"),
    export_key<OptionalSpan, &TO::keep, &KeepOptions::slower_than_seconds>("telemetry.keep_slower_than",
                                                                           "so do calls that took longer"),
    export_key<Dollars, &TO::keep, &KeepOptions::costlier_than>("telemetry.keep_costlier_than",
                                                                "so do calls that cost more"),
    export_key<Profiles, &TO::profiles>("telemetry.trace_profiles",
                                        "attributes of spans beside OpenTelemetry's, for back ends that want them"),
    export_key<Switch, &TO::enabled>("telemetry.export", "off: nothing is sent, whatever the keys below say"),
    export_key<Name, &TO::service_name>("telemetry.service_name", "the resource's `service.name`"),
    export_key<Pairs, &TO::resource_attributes>("telemetry.resource_attributes", "further attributes of the resource"),
    export_key<EndpointUrl, &TO::otlp, &OtlpOptions::endpoint>(
        "telemetry.otlp_endpoint", "where OTLP is sent, before `/v1/traces`, `/v1/logs` and `/v1/metrics`"),
    export_key<Signals, &TO::otlp>("telemetry.otlp_signals", "what is sent there"),
    signal_endpoint<&OtlpOptions::traces>("telemetry.otlp_traces_endpoint", "where spans are sent instead, as it is"),
    signal_endpoint<&OtlpOptions::logs>("telemetry.otlp_logs_endpoint", "the same for log records"),
    signal_endpoint<&OtlpOptions::metrics>("telemetry.otlp_metrics_endpoint", "the same for metrics"),
    secret<Headers, &C::telemetry, &TO::otlp, &OtlpOptions::headers>("telemetry.otlp_headers",
                                                                     "fields of each request, such as credentials"),
    signal_headers<&OtlpOptions::traces>("telemetry.otlp_traces_headers", "the same for spans alone"),
    signal_headers<&OtlpOptions::logs>("telemetry.otlp_logs_headers", "the same for log records alone"),
    signal_headers<&OtlpOptions::metrics>("telemetry.otlp_metrics_headers", "the same for metrics alone"),
    export_key<OtlpProtocol, &TO::otlp, &OtlpOptions::json>("telemetry.otlp_protocol", "how it is written"),
    export_key<Compression, &TO::otlp, &OtlpOptions::gzip>("telemetry.otlp_compression", "of requests"),
    export_key<Wait, &TO::otlp, &OtlpOptions::timeout>("telemetry.otlp_timeout", "of one request"),
    export_key<OptionalPath, &TO::otlp, &OtlpOptions::ca_file>(
        "telemetry.otlp_ca_file", "PEM file of CAs that back ends are verified with; none: the system's"),
    export_key<OptionalPath, &TO::otlp, &OtlpOptions::certificate_file>(
        "telemetry.otlp_certificate", "PEM file with a certificate of our own, for back ends that ask for one"),
    export_key<OptionalPath, &TO::otlp, &OtlpOptions::key_file>("telemetry.otlp_key", "PEM file with its key"),
    signal_key<Own<OtlpProtocol>, &OtlpOptions::traces, &OtlpOptions::Signal::json>("telemetry.otlp_traces_protocol"),
    signal_key<Own<Compression>, &OtlpOptions::traces, &OtlpOptions::Signal::gzip>("telemetry.otlp_traces_compression"),
    signal_key<Own<Wait>, &OtlpOptions::traces, &OtlpOptions::Signal::timeout>("telemetry.otlp_traces_timeout"),
    signal_key<OptionalPath, &OtlpOptions::traces, &OtlpOptions::Signal::ca_file>("telemetry.otlp_traces_ca_file"),
    signal_key<OptionalPath, &OtlpOptions::traces, &OtlpOptions::Signal::certificate_file>(
        "telemetry.otlp_traces_certificate"),
    signal_key<OptionalPath, &OtlpOptions::traces, &OtlpOptions::Signal::key_file>("telemetry.otlp_traces_key"),
    signal_key<Own<OtlpProtocol>, &OtlpOptions::logs, &OtlpOptions::Signal::json>("telemetry.otlp_logs_protocol"),
    signal_key<Own<Compression>, &OtlpOptions::logs, &OtlpOptions::Signal::gzip>("telemetry.otlp_logs_compression"),
    signal_key<Own<Wait>, &OtlpOptions::logs, &OtlpOptions::Signal::timeout>("telemetry.otlp_logs_timeout"),
    signal_key<OptionalPath, &OtlpOptions::logs, &OtlpOptions::Signal::ca_file>("telemetry.otlp_logs_ca_file"),
    signal_key<OptionalPath, &OtlpOptions::logs, &OtlpOptions::Signal::certificate_file>(
        "telemetry.otlp_logs_certificate"),
    signal_key<OptionalPath, &OtlpOptions::logs, &OtlpOptions::Signal::key_file>("telemetry.otlp_logs_key"),
    signal_key<Own<OtlpProtocol>, &OtlpOptions::metrics, &OtlpOptions::Signal::json>("telemetry.otlp_metrics_protocol"),
    signal_key<Own<Compression>, &OtlpOptions::metrics, &OtlpOptions::Signal::gzip>(
        "telemetry.otlp_metrics_compression"),
    signal_key<Own<Wait>, &OtlpOptions::metrics, &OtlpOptions::Signal::timeout>("telemetry.otlp_metrics_timeout"),
    signal_key<OptionalPath, &OtlpOptions::metrics, &OtlpOptions::Signal::ca_file>("telemetry.otlp_metrics_ca_file"),
    signal_key<OptionalPath, &OtlpOptions::metrics, &OtlpOptions::Signal::certificate_file>(
        "telemetry.otlp_metrics_certificate"),
    signal_key<OptionalPath, &OtlpOptions::metrics, &OtlpOptions::Signal::key_file>("telemetry.otlp_metrics_key"),
    export_key<EndpointUrl, &TO::zipkin>("telemetry.zipkin_endpoint",
                                         "where spans are sent to Zipkin, such as http://zipkin:9411/api/v2/spans"),
    export_key<Bytes<64 * kib, 64 * gib>, &TO::exports, &ExportOptions::queue_bytes>(
        "telemetry.queue_bytes", "calls that wait for a back end; more are dropped and counted"),
    export_key<Count<0, 100'000'000>, &TO::exports, &ExportOptions::queue_records>("telemetry.queue_records",
                                                                                   "the same by number; 0: by bytes"),
    export_key<Bytes<kib, 64 * mib>, &TO::exports, &ExportOptions::batch_bytes>(
        "telemetry.batch_bytes", "largest request before compression; a larger record goes alone"),
    export_key<Count<1, 100'000>, &TO::exports, &ExportOptions::batch_records>("telemetry.batch_records",
                                                                               "calls of one request at most"),
    export_key<Wait, &TO::exports, &ExportOptions::interval>("telemetry.interval",
                                                             "how long a call waits for a batch to fill"),
    export_key<TimeLimit, &TO::exports, &ExportOptions::give_up>(
        "telemetry.give_up", "how long a batch is tried again for; off: until the back end takes it"),
    export_key<Wait, &TO::exports, &ExportOptions::metrics_interval>("telemetry.metrics_interval",
                                                                     "between two exports of metrics"),
    export_key<OptionalPath, &TO::exports, &ExportOptions::spool>(
        "telemetry.spool", "directory that keeps what a back end does not take, over a restart too"),
    export_key<Bytes<64 * kib, 1024 * gib>, &TO::exports, &ExportOptions::spool_bytes>(
        "telemetry.spool_bytes", "what it keeps of each exporter at most; more is dropped and counted"),

    key<Span, &C::observer, &ObserverOptions::stall_seconds>("observer.stall_threshold",
                                                             "a longer gap between two events of a stream is a stall"),
    key<Bytes<kib, gib>, &C::observer, &ObserverOptions::max_event_bytes>(
        "observer.max_event_bytes", "largest event, or JSON body, that is read; the call itself goes on"),
    key<Bytes<kib, 64 * gib>, &C::observer, &ObserverOptions::max_decoded_bytes>(
        "observer.max_decoded_bytes", "largest output of one decompressed body that is read"),
    key<Count<1, 1'000'000>, &C::observer, &ObserverOptions::max_decoded_ratio>(
        "observer.max_decoded_ratio", "largest ratio of decompressed to compressed bytes, after the first MiB"),
    secret<HashSecret, &C::observer, &ObserverOptions::hash>(
        "observer.hash_secret", "what credentials are hashed with for the record; none: a random one at each start"),

    key<Capture, &C::content>(
        "content.capture", "what is recorded of what is said, where a route does not say (see [Content](content.md))"),
    key<Bytes<64, mib>, &C::observer, &ObserverOptions::content, &ContentOptions::max_part_bytes>(
        "content.max_part_bytes", "of one text; the rest is cut off, and its size told"),
    key<Bytes<kib, 64 * mib>, &C::observer, &ObserverOptions::content, &ContentOptions::max_bytes>(
        "content.max_bytes", "of what was said to the model, and of what it said; the last messages are kept"),
    key<BuiltinRules, &C::observer, &ObserverOptions::content, &ContentOptions::redaction>(
        "content.redact", "the [built-in rules](content.md#redaction) by which texts are redacted"),
    redactions_key,

    key<ConversationHeaders, &C::observer, &ObserverOptions::context, &ContextOptions::headers>(
        "context.conversation_headers",
        "headers with a conversation's id, in order of preference; those of known "
        "clients come behind them"),
    key<UserHeaders, &C::observer, &ObserverOptions::context, &ContextOptions::headers>(
        "context.user_headers", "headers with the id of the app's user, in order of preference"),
    key<TagHeaders, &C::observer, &ObserverOptions::context, &ContextOptions::headers>("context.tag_headers",
                                                                                       "headers that become tags"),
    key<Switch, &C::observer, &ObserverOptions::context, &ContextOptions::record_user>(
        "context.record_user", "off: no user is recorded, whether a header or a body names one"),
};

template <class Kind, auto... Members>
constexpr Key<Route> route_key(std::string_view path, std::string_view doc, Key<Route>::Kind kind) {
    return key_of<Route, Kind, Members...>(path, {}, doc, kind);
}

constexpr std::array route_table{
    route_key<Name, &Route::name>("name",
                                  "the value of the `tokenweir.route` label; if absent, the prefix without its `/`",
                                  Key<Route>::Kind::plain),
    route_key<Prefix, &Route::prefix>("prefix",
                                      "stripped before forwarding; the longest match wins; `/` matches the rest",
                                      Key<Route>::Kind::required),
    route_key<Url, &Route::upstream>("upstream", "base URL; its path is put before what follows the prefix",
                                     Key<Route>::Kind::required),
    route_key<FreeText, &Route::provider>(
        "provider", "recorded as it is; if absent, recognised from host, path and headers", Key<Route>::Kind::plain),
    route_key<RouteForwarding, &Route::trace_context>(
        "trace_context", "what the upstream learns of traces; if absent, what `telemetry.trace_context` says",
        Key<Route>::Kind::plain),
    route_key<RouteCapture, &Route::content>(
        "content", "what is recorded of what is said; if absent, what `content.capture` says", Key<Route>::Kind::plain),
};

constexpr std::array redaction_table{
    key_of<parsers::RedactionRule, Name, &parsers::RedactionRule::name>(
        "name", {}, "what stands in its place: `[REDACTED:name]`", Key<parsers::RedactionRule>::Kind::required),
    key_of<parsers::RedactionRule, RegularExpression, &parsers::RedactionRule::pattern>(
        "pattern", {}, "what is taken out; of a pattern with a group, what the first group matches",
        Key<parsers::RedactionRule>::Kind::required),
};

template <std::string ServerTls::*Member>
constexpr Key<Listener> tls_key(std::string_view path, std::string_view doc) {
    return {.path = path,
            .flag = {},
            .doc = doc,
            .expects = &Path::expects,
            .parse =
                [](std::string_view text, Listener& out) {
                    if (!out.tls) out.tls.emplace();
                    Path::parse(text, (*out.tls).*Member);
                },
            .print = [](const Listener& listener) { return listener.tls ? (*listener.tls).*Member : std::string(); }};
}

constexpr std::array listener_table{
    key_of<Listener, Address, &Listener::address>("address", {}, "where to listen; port 0 lets the system choose",
                                                  Key<Listener>::Kind::required),
    tls_key<&ServerTls::certificate_file>("tls.certificate", "PEM file with the certificate chain"),
    tls_key<&ServerTls::key_file>("tls.key", "PEM file with the key; neither group nor others may read it"),
};

}  // namespace

std::span<const Key<Config>> config_keys() noexcept { return config_table; }
std::span<const Key<Route>> route_keys() noexcept { return route_table; }
std::span<const Key<parsers::RedactionRule>> redaction_keys() noexcept { return redaction_table; }
std::span<const Key<Listener>> listener_keys() noexcept { return listener_table; }

const Key<Config>* find_config_key(std::string_view path) noexcept {
    const auto key = std::ranges::find(config_table, path, &Key<Config>::path);
    return key == config_table.end() ? nullptr : &*key;
}

std::string environment_name(std::string_view path) {
    std::string name = "TOKENWEIR_";
    for (const char c : path) name += c == '.' ? '_' : (c >= 'a' && c <= 'z' ? static_cast<char>(c - ('a' - 'A')) : c);
    return name;
}

Config default_config() {
    Config config;
    config.listen = {{.address = {"127.0.0.1", 7080}, .tls = std::nullopt}};
    config.admin_listen = {"127.0.0.1", 7081};
    config.routes = builtin_routes();
    config.mock_route = true;
    return config;
}

}  // namespace tokenweir::proxy
