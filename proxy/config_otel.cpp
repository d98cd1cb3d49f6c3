#include "proxy/config_otel.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "observation/config_error.hpp"
#include "observation/field.hpp"
#include "observation/message_text.hpp"
#include "proxy/config_keys.hpp"
#include "proxy/config_values.hpp"

namespace tokenweir::proxy {
namespace {

using Translate = std::string (*)(std::string_view);  // throws BadValue

std::string as_it_is(std::string_view text) { return std::string(text); }

std::string milliseconds(std::string_view text) {
    const bool whole = std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
    if (!whole) throw BadValue("expected a whole number of milliseconds");
    return std::string(text) + "ms";
}

std::string off_if_true(std::string_view text) { return iequals(text, "true") ? "off" : "on"; }

std::string latest_if_opted_in(std::string_view text) {
    for (const std::string_view item : split_list(text))
        if (item == "gen_ai_latest_experimental") return "latest";
    return {};
}

std::string nothing_but(std::string_view what, std::string_view text) {
    if (!iequals(text, what)) throw BadValue("expected " + std::string(what) + ": there is nothing else");
    return {};
}

std::string nothing_but_cumulative(std::string_view text) { return nothing_but("cumulative", text); }

std::string nothing_but_explicit_buckets(std::string_view text) {
    return nothing_but("explicit_bucket_histogram", text);
}

struct Variable {
    std::string_view name;
    std::string_view path;
    Translate translate = as_it_is;
};

constexpr std::array variables{
    Variable{"OTEL_SERVICE_NAME", "telemetry.service_name"},
    Variable{"OTEL_RESOURCE_ATTRIBUTES", "telemetry.resource_attributes"},
    Variable{"OTEL_SDK_DISABLED", "telemetry.export", off_if_true},
    Variable{"OTEL_PROPAGATORS", "telemetry.propagators"},
    Variable{"OTEL_TRACES_SAMPLER", "telemetry.sampler"},
    Variable{"OTEL_TRACES_SAMPLER_ARG", "telemetry.sampler_ratio"},
    Variable{"OTEL_SEMCONV_STABILITY_OPT_IN", "telemetry.genai_dialect", latest_if_opted_in},
    Variable{"OTEL_EXPORTER_OTLP_ENDPOINT", "telemetry.otlp_endpoint"},
    Variable{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "telemetry.otlp_traces_endpoint"},
    Variable{"OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", "telemetry.otlp_logs_endpoint"},
    Variable{"OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "telemetry.otlp_metrics_endpoint"},
    Variable{"OTEL_EXPORTER_OTLP_HEADERS", "telemetry.otlp_headers"},
    Variable{"OTEL_EXPORTER_OTLP_TRACES_HEADERS", "telemetry.otlp_traces_headers"},
    Variable{"OTEL_EXPORTER_OTLP_LOGS_HEADERS", "telemetry.otlp_logs_headers"},
    Variable{"OTEL_EXPORTER_OTLP_METRICS_HEADERS", "telemetry.otlp_metrics_headers"},
    Variable{"OTEL_EXPORTER_OTLP_PROTOCOL", "telemetry.otlp_protocol"},
    Variable{"OTEL_EXPORTER_OTLP_COMPRESSION", "telemetry.otlp_compression"},
    Variable{"OTEL_EXPORTER_OTLP_TIMEOUT", "telemetry.otlp_timeout", milliseconds},
    Variable{"OTEL_EXPORTER_OTLP_CERTIFICATE", "telemetry.otlp_ca_file"},
    Variable{"OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", "telemetry.otlp_certificate"},
    Variable{"OTEL_EXPORTER_OTLP_CLIENT_KEY", "telemetry.otlp_key"},
    Variable{"OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "telemetry.otlp_traces_protocol"},
    Variable{"OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", "telemetry.otlp_traces_compression"},
    Variable{"OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "telemetry.otlp_traces_timeout", milliseconds},
    Variable{"OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE", "telemetry.otlp_traces_ca_file"},
    Variable{"OTEL_EXPORTER_OTLP_TRACES_CLIENT_CERTIFICATE", "telemetry.otlp_traces_certificate"},
    Variable{"OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY", "telemetry.otlp_traces_key"},
    Variable{"OTEL_EXPORTER_OTLP_LOGS_PROTOCOL", "telemetry.otlp_logs_protocol"},
    Variable{"OTEL_EXPORTER_OTLP_LOGS_COMPRESSION", "telemetry.otlp_logs_compression"},
    Variable{"OTEL_EXPORTER_OTLP_LOGS_TIMEOUT", "telemetry.otlp_logs_timeout", milliseconds},
    Variable{"OTEL_EXPORTER_OTLP_LOGS_CERTIFICATE", "telemetry.otlp_logs_ca_file"},
    Variable{"OTEL_EXPORTER_OTLP_LOGS_CLIENT_CERTIFICATE", "telemetry.otlp_logs_certificate"},
    Variable{"OTEL_EXPORTER_OTLP_LOGS_CLIENT_KEY", "telemetry.otlp_logs_key"},
    Variable{"OTEL_EXPORTER_OTLP_METRICS_PROTOCOL", "telemetry.otlp_metrics_protocol"},
    Variable{"OTEL_EXPORTER_OTLP_METRICS_COMPRESSION", "telemetry.otlp_metrics_compression"},
    Variable{"OTEL_EXPORTER_OTLP_METRICS_TIMEOUT", "telemetry.otlp_metrics_timeout", milliseconds},
    Variable{"OTEL_EXPORTER_OTLP_METRICS_CERTIFICATE", "telemetry.otlp_metrics_ca_file"},
    Variable{"OTEL_EXPORTER_OTLP_METRICS_CLIENT_CERTIFICATE", "telemetry.otlp_metrics_certificate"},
    Variable{"OTEL_EXPORTER_OTLP_METRICS_CLIENT_KEY", "telemetry.otlp_metrics_key"},
    Variable{"OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", {}, nothing_but_cumulative},
    Variable{"OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION", {}, nothing_but_explicit_buckets},
    Variable{"OTEL_EXPORTER_ZIPKIN_ENDPOINT", "telemetry.zipkin_endpoint"},
    Variable{"OTEL_BSP_SCHEDULE_DELAY", "telemetry.interval", milliseconds},
    Variable{"OTEL_BSP_EXPORT_TIMEOUT", "telemetry.give_up", milliseconds},
    Variable{"OTEL_BSP_MAX_QUEUE_SIZE", "telemetry.queue_records"},
    Variable{"OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "telemetry.batch_records"},
    Variable{"OTEL_METRIC_EXPORT_INTERVAL", "telemetry.metrics_interval", milliseconds},
};

/// What one exporter cannot have for itself: another variable holds for it too.
struct UnreadVariable {
    std::string_view name;
    std::string_view instead;
};

constexpr std::array unread_variables{
    UnreadVariable{"OTEL_BLRP_SCHEDULE_DELAY", "OTEL_BSP_SCHEDULE_DELAY"},
    UnreadVariable{"OTEL_BLRP_EXPORT_TIMEOUT", "OTEL_BSP_EXPORT_TIMEOUT"},
    UnreadVariable{"OTEL_BLRP_MAX_QUEUE_SIZE", "OTEL_BSP_MAX_QUEUE_SIZE"},
    UnreadVariable{"OTEL_BLRP_MAX_EXPORT_BATCH_SIZE", "OTEL_BSP_MAX_EXPORT_BATCH_SIZE"},
    UnreadVariable{"OTEL_METRIC_EXPORT_TIMEOUT", "OTEL_EXPORTER_OTLP_METRICS_TIMEOUT"},
    UnreadVariable{"OTEL_EXPORTER_ZIPKIN_TIMEOUT", "OTEL_EXPORTER_OTLP_TIMEOUT"}};

struct ExporterVariable {
    std::string_view name;
    std::string_view signal;
};

constexpr std::array exporter_variables{ExporterVariable{"OTEL_TRACES_EXPORTER", "traces"},
                                        ExporterVariable{"OTEL_LOGS_EXPORTER", "logs"},
                                        ExporterVariable{"OTEL_METRICS_EXPORTER", "metrics"}};

constexpr std::string_view default_zipkin = "http://localhost:9411/api/v2/spans";

std::string_view value_of(const Environment& environment, std::string_view name) {
    const auto variable = environment.find(name);
    return variable == environment.end() ? std::string_view() : std::string_view(variable->second);
}

/// Our own configuration expands references; OpenTelemetry's variables are taken as they are.
std::string without_references(std::string text) {
    for (std::size_t at = 0; (at = text.find("${", at)) != std::string::npos; at += 3) text.insert(at, 1, '$');
    return text;
}

class Reader {
public:
    explicit Reader(const Environment& environment) : environment_(environment) {}

    void read(const Variable& variable) {
        const std::string_view value = value_of(environment_, variable.name);
        if (value.empty()) return;
        try {
            add(variable.name, variable.path, variable.translate(value));
        } catch (const BadValue& bad) {
            leave_out(variable.name, bad.what());
        }
    }

    void pass_over(const UnreadVariable& variable) {
        if (!value_of(environment_, variable.name).empty())
            leave_out(variable.name, "expected " + std::string(variable.instead) + ", which holds here too");
    }

    /// Three variables for one list: whatever is sent elsewhere, or nowhere, is not sent by OTLP.
    void read_exporters() {
        std::string wanted;
        std::string_view source;
        for (const auto& [name, signal] : exporter_variables) {
            const std::string_view value = value_of(environment_, name);
            bool by_otlp = value.empty();
            if (!value.empty()) source = name;
            for (const std::string_view item : split_list(value)) {
                if (item == "otlp")
                    by_otlp = true;
                else if (item == "zipkin" && signal == "traces")
                    add_default_zipkin(name);
                else if (!item.empty() && item != "none")
                    leave_out(name, "expected otlp" + std::string(signal == "traces" ? ", zipkin" : "") + " or none");
            }
            if (by_otlp) wanted.append(wanted.empty() ? "" : ", ").append(signal);
        }
        if (!source.empty()) add(source, "telemetry.otlp_signals", wanted.empty() ? "none" : wanted);
    }

    OtelSettings take() { return std::move(out_); }

private:
    void add(std::string_view variable, std::string_view path, const std::string& text) {
        if (text.empty()) return;
        Config scratch;
        find_config_key(path)->parse(text, scratch);
        out_.settings.push_back({std::string(variable), std::string(path), without_references(text)});
    }

    void add_default_zipkin(std::string_view variable) {
        if (value_of(environment_, "OTEL_EXPORTER_ZIPKIN_ENDPOINT").empty())
            add(variable, "telemetry.zipkin_endpoint", std::string(default_zipkin));
    }

    void leave_out(std::string_view variable, const std::string& why) {
        out_.warnings.push_back(std::string(variable) + ": " + why + "; the variable is left out");
    }

    const Environment& environment_;
    OtelSettings out_;
};

}  // namespace

OtelSettings read_otel_variables(const Environment& environment) {
    Reader reader(environment);
    for (const Variable& variable : variables) reader.read(variable);
    for (const UnreadVariable& variable : unread_variables) reader.pass_over(variable);
    reader.read_exporters();
    return reader.take();
}

}  // namespace tokenweir::proxy
