#include "tracing/telemetry.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <system_error>

#include "observation/config_error.hpp"
#include "tracing/call_filter.hpp"
#include "tracing/exporter_http.hpp"

namespace tokenweir::tracing {
namespace {

void set(Resource& resource, std::string_view key, std::string value) {
    const auto known = std::ranges::find(resource, key, &Resource::value_type::first);
    if (known == resource.end())
        resource.emplace_back(key, std::move(value));
    else
        known->second = std::move(value);
}

std::string host_name() {
    std::array<char, 256> name{};
    return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : std::string();
}

ExporterOptions exporter_options(std::string_view name, const OtlpOptions& otlp, const ExportOptions& exports) {
    ExporterOptions options{.name = name,
                            .max_queue_bytes = exports.queue_bytes,
                            .max_batch_records = exports.batch_records,
                            .max_batch_bytes = exports.batch_bytes,
                            .interval = exports.interval,
                            .timeout = otlp.timeout,
                            .give_up = exports.give_up,
                            .gzip = otlp.gzip,
                            .max_spool_bytes = exports.spool_bytes};
    if (exports.queue_records > 0) options.max_queue_records = exports.queue_records;
    if (!exports.spool.empty()) options.spool_directory = exports.spool + "/" + std::string(name);
    return options;
}

std::unique_ptr<ExportTransport> transport_to(const Endpoint& endpoint, const OtlpOptions& otlp,
                                              const std::string& version) {
    return std::make_unique<HttpTransport>(HttpTransportOptions{.endpoint = endpoint,
                                                                .headers = otlp.headers,
                                                                .user_agent = "tokenweir/" + version,
                                                                .ca_file = otlp.ca_file,
                                                                .certificate_file = otlp.certificate_file,
                                                                .key_file = otlp.key_file});
}

FormatOptions format_options(const TelemetrySetup& setup) {
    return {.resource = resource_of(setup),
            .scope_version = setup.version,
            .spans = {.dialect = setup.dialect, .profiles = setup.options.profiles, .routes = setup.routes}};
}

/// Which calls become spans.
std::function<bool(const LlmCall&)> span_filter(const KeepOptions& keep) {
    return [keep](const LlmCall& call) { return becomes_spans(call, keep); };
}

}  // namespace

Telemetry::Telemetry(const TelemetrySetup& setup) try {
    const TelemetryOptions& telemetry = setup.options;
    if (!telemetry.enabled) return;
    const OtlpOptions& otlp = telemetry.otlp;
    const FormatOptions format = format_options(setup);
    const auto add = [&](ExporterOptions options, std::unique_ptr<ExportFormat> written, const Endpoint& endpoint,
                         const OtlpOptions& how) {
        exporters_.push_back(std::make_unique<Exporter>(std::move(options), std::move(written),
                                                        transport_to(endpoint, how, setup.version)));
    };
    const auto add_signal = [&](OtlpSignal signal, ExporterOptions options, const Endpoint& endpoint,
                                const OtlpOptions& how) {
        add(std::move(options), how.json ? otlp_json(signal, format) : otlp_protobuf(signal, format), endpoint, how);
    };
    if (const auto endpoint = endpoint_of(otlp, otlp.traces, "v1/traces")) {
        const OtlpOptions how = otlp.of(otlp.traces);
        ExporterOptions options = exporter_options("otlp_traces", how, telemetry.exports);
        options.wanted = span_filter(telemetry.keep);
        add_signal(OtlpSignal::traces, std::move(options), *endpoint, how);
    }
    if (const auto endpoint = endpoint_of(otlp, otlp.logs, "v1/logs")) {
        const OtlpOptions how = otlp.of(otlp.logs);
        ExporterOptions options = exporter_options("otlp_logs", how, telemetry.exports);
        options.optional = !otlp.logs.endpoint;
        add_signal(OtlpSignal::logs, std::move(options), *endpoint, how);
        evaluations_ = exporters_.back().get();
    }
    if (telemetry.zipkin) {
        OtlpOptions how = otlp;
        how.headers.clear();  // they are for others
        ExporterOptions options = exporter_options("zipkin", how, telemetry.exports);
        options.wanted = span_filter(telemetry.keep);
        options.gzip = false;
        add(std::move(options), zipkin_json(format), *telemetry.zipkin, how);
    }
} catch (const std::system_error& error) {
    throw ConfigError({"telemetry: " + std::string(error.what())});
}

std::unique_ptr<MetricsPush> push_metrics(const TelemetrySetup& setup, const MetricSource& source,
                                          PushCounters& counters, WallTime start) try {
    const TelemetryOptions& telemetry = setup.options;
    const OtlpOptions& otlp = telemetry.otlp;
    const auto endpoint = endpoint_of(otlp, otlp.metrics, "v1/metrics");
    if (!telemetry.enabled || !endpoint) return nullptr;
    const OtlpOptions how = otlp.of(otlp.metrics);
    MetricsPushOptions options{.interval = telemetry.exports.metrics_interval,
                               .timeout = how.timeout,
                               .max_batch_bytes = telemetry.exports.batch_bytes,
                               .gzip = how.gzip,
                               .optional = !otlp.metrics.endpoint};
    const FormatOptions format = format_options(setup);
    return std::make_unique<MetricsPush>(std::move(options), source, counters, start,
                                         how.json ? otlp_json_metrics(format) : otlp_protobuf_metrics(format),
                                         transport_to(*endpoint, how, setup.version));
} catch (const std::system_error& error) {
    throw ConfigError({"telemetry: " + std::string(error.what())});
}

Resource resource_of(const TelemetrySetup& setup) {
    Resource resource{{"service.name", setup.options.service_name},
                      {"service.version", setup.version},
                      {"service.instance.id", setup.instance_id},
                      {"process.pid", std::to_string(::getpid())},
                      {"telemetry.sdk.language", "cpp"},
                      {"telemetry.sdk.name", "tokenweir"},
                      {"telemetry.sdk.version", setup.version}};
    if (std::string name = host_name(); !name.empty()) resource.emplace_back("host.name", std::move(name));
    const bool named = setup.options.service_name != TelemetryOptions{}.service_name;
    for (const auto& [key, value] : setup.options.resource_attributes)
        if (!key.empty() && !(named && key == "service.name")) set(resource, key, value);
    return resource;
}

std::optional<Endpoint> endpoint_of(const OtlpOptions& otlp, const OtlpOptions::Signal& signal, std::string_view path) {
    if (!signal.wanted) return std::nullopt;
    if (signal.endpoint || !otlp.endpoint) return signal.endpoint;
    Endpoint endpoint = *otlp.endpoint;
    if (!endpoint.target.ends_with('/')) endpoint.target += '/';
    endpoint.target += path;
    return endpoint;
}

}  // namespace tokenweir::tracing
