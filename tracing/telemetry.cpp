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

ExporterOptions exporter_options(std::string_view name, const TelemetryOptions& telemetry) {
    const ExportOptions& exports = telemetry.exports;
    ExporterOptions options{.name = name,
                            .max_queue_bytes = exports.queue_bytes,
                            .max_batch_records = exports.batch_records,
                            .max_batch_bytes = exports.batch_bytes,
                            .interval = exports.interval,
                            .timeout = telemetry.otlp.timeout,
                            .give_up = exports.give_up,
                            .gzip = telemetry.otlp.gzip,
                            .max_spool_bytes = exports.spool_bytes};
    if (exports.queue_records > 0) options.max_queue_records = exports.queue_records;
    if (!exports.spool.empty()) options.spool_directory = exports.spool + "/" + std::string(name);
    return options;
}

std::unique_ptr<ExportTransport> transport_to(const Endpoint& endpoint, const OtlpOptions::Signal& signal,
                                              const TelemetrySetup& setup) {
    const OtlpOptions& otlp = setup.options.otlp;
    std::vector<HeaderLine> headers = otlp.headers;
    for (const HeaderLine& header : signal.further_headers) set(headers, header.first, header.second);
    return std::make_unique<HttpTransport>(HttpTransportOptions{.endpoint = endpoint,
                                                                .headers = std::move(headers),
                                                                .user_agent = "tokenweir/" + setup.version,
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
    const auto otlp_format = [&](OtlpSignal signal) {
        return otlp.json ? otlp_json(signal, format) : otlp_protobuf(signal, format);
    };
    if (const auto endpoint = endpoint_of(otlp, otlp.traces, "v1/traces")) {
        ExporterOptions options = exporter_options("otlp_traces", telemetry);
        options.wanted = span_filter(telemetry.keep);
        exporters_.push_back(std::make_unique<Exporter>(std::move(options), otlp_format(OtlpSignal::traces),
                                                        transport_to(*endpoint, otlp.traces, setup)));
    }
    if (const auto endpoint = endpoint_of(otlp, otlp.logs, "v1/logs")) {
        ExporterOptions options = exporter_options("otlp_logs", telemetry);
        options.optional = !otlp.logs.endpoint;
        exporters_.push_back(std::make_unique<Exporter>(std::move(options), otlp_format(OtlpSignal::logs),
                                                        transport_to(*endpoint, otlp.logs, setup)));
        evaluations_ = exporters_.back().get();
    }
    if (telemetry.zipkin) {
        ExporterOptions options = exporter_options("zipkin", telemetry);
        options.wanted = span_filter(telemetry.keep);
        options.gzip = false;
        TelemetrySetup bare = setup;
        bare.options.otlp.headers.clear();  // they are for others
        exporters_.push_back(std::make_unique<Exporter>(std::move(options), zipkin_json(format),
                                                        transport_to(*telemetry.zipkin, {}, bare)));
    }
} catch (const std::system_error& error) {
    throw ConfigError({"telemetry: " + std::string(error.what())});
}

std::unique_ptr<MetricsPush> push_metrics(const TelemetrySetup& setup, const MetricSource& source, WallTime start) try {
    const TelemetryOptions& telemetry = setup.options;
    const OtlpOptions& otlp = telemetry.otlp;
    const auto endpoint = endpoint_of(otlp, otlp.metrics, "v1/metrics");
    if (!telemetry.enabled || !endpoint) return nullptr;
    MetricsPushOptions options{.interval = telemetry.exports.metrics_interval,
                               .timeout = otlp.timeout,
                               .max_batch_bytes = telemetry.exports.batch_bytes,
                               .gzip = otlp.gzip,
                               .optional = !otlp.metrics.endpoint};
    FormatOptions format = format_options(setup);
    return std::make_unique<MetricsPush>(
        std::move(options), source, start,
        otlp.json ? otlp_json_metrics(std::move(format)) : otlp_protobuf_metrics(std::move(format)),
        transport_to(*endpoint, otlp.metrics, setup));
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
