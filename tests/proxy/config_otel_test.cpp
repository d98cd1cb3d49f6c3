/// OpenTelemetry's environment variables.
#include "proxy/config_otel.hpp"

#include <doctest/doctest.h>

#include "config_support.hpp"

using namespace tokenweir::proxy;
using tokenweir::test::load;
using namespace std::chrono_literals;

namespace {

/// The variables, and the YAML that says the same.
struct Row {
    Environment environment;
    std::string yaml;
};

Config without_warnings(Config config) {
    config.warnings.clear();
    return config;
}

}  // namespace

TEST_SUITE_BEGIN("config_otel");

TEST_CASE("each variable is a key of ours") {
    const Row rows[] = {
        {{{"OTEL_SERVICE_NAME", "edge"}}, "service_name: edge"},
        {{{"OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=prod,team=a%2Cb"}},
         "resource_attributes: [deployment.environment.name=prod, 'team=a%2Cb']"},
        {{{"OTEL_SDK_DISABLED", "TRUE"}}, "export: off"},
        {{{"OTEL_SDK_DISABLED", "yes"}}, "export: on"},
        {{{"OTEL_PROPAGATORS", "b3multi,tracecontext"}}, "propagators: [b3multi, tracecontext]"},
        {{{"OTEL_TRACES_SAMPLER", "traceidratio"}, {"OTEL_TRACES_SAMPLER_ARG", "0.25"}},
         "{sampler: traceidratio, sampler_ratio: 0.25}"},
        {{{"OTEL_SEMCONV_STABILITY_OPT_IN", "http/dup,gen_ai_latest_experimental"}}, "genai_dialect: latest"},
        {{{"OTEL_SEMCONV_STABILITY_OPT_IN", "http"}}, "genai_dialect: v1.41"},
        {{{"OTEL_EXPORTER_OTLP_ENDPOINT", "https://c:4318/x"}}, "otlp_endpoint: https://c:4318/x"},
        {{{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://a/t"},
          {"OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", "http://a/l"},
          {"OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "http://a/m"}},
         "{otlp_traces_endpoint: 'http://a/t', otlp_logs_endpoint: 'http://a/l', otlp_metrics_endpoint: 'http://a/m'}"},
        {{{"OTEL_EXPORTER_OTLP_HEADERS", "api-key=a${x}"}, {"OTEL_EXPORTER_OTLP_TRACES_HEADERS", "a=b,c=d"}},
         "{otlp_headers: 'api-key=a$${x}', otlp_traces_headers: [a=b, c=d]}"},
        {{{"OTEL_EXPORTER_OTLP_PROTOCOL", "HTTP/JSON"}}, "otlp_protocol: http/json"},
        {{{"OTEL_EXPORTER_OTLP_COMPRESSION", "gzip"}}, "otlp_compression: gzip"},
        {{{"OTEL_EXPORTER_OTLP_TIMEOUT", "2500"}}, "otlp_timeout: 2500ms"},
        {{{"OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "http/json"},
          {"OTEL_EXPORTER_OTLP_LOGS_COMPRESSION", "gzip"},
          {"OTEL_EXPORTER_OTLP_METRICS_TIMEOUT", "100"}},
         "{otlp_traces_protocol: http/json, otlp_logs_compression: gzip, otlp_metrics_timeout: 100ms}"},
        {{{"OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", "Cumulative"},
          {"OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION", "explicit_bucket_histogram"}},
         "{}"},
        {{{"OTEL_EXPORTER_ZIPKIN_ENDPOINT", "http://z:1/s"}}, "zipkin_endpoint: http://z:1/s"},
        {{{"OTEL_BSP_SCHEDULE_DELAY", "100"},
          {"OTEL_BSP_EXPORT_TIMEOUT", "30000"},
          {"OTEL_BSP_MAX_QUEUE_SIZE", "2048"},
          {"OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "64"},
          {"OTEL_METRIC_EXPORT_INTERVAL", "1000"}},
         "{interval: 100ms, give_up: 30s, queue_records: 2048, batch_records: 64, metrics_interval: 1s}"},
        {{{"OTEL_LOGS_EXPORTER", "none"}}, "otlp_signals: [traces, metrics]"},
        {{{"OTEL_TRACES_EXPORTER", "none"}, {"OTEL_LOGS_EXPORTER", "none"}, {"OTEL_METRICS_EXPORTER", "none"}},
         "otlp_signals: none"},
        {{{"OTEL_TRACES_EXPORTER", "zipkin"}},
         "{otlp_signals: [logs, metrics], zipkin_endpoint: 'http://localhost:9411/api/v2/spans'}"},
        {{{"OTEL_TRACES_EXPORTER", "otlp, zipkin"}, {"OTEL_EXPORTER_ZIPKIN_ENDPOINT", "http://z:1/s"}},
         "{zipkin_endpoint: 'http://z:1/s'}"},
        {{{"OTEL_SERVICE_NAME", ""}, {"OTEL_EXPORTER_OTLP_ENDPOINT", ""}}, "{}"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.yaml);
        const std::string yaml = "telemetry: " + (row.yaml.starts_with('{') ? row.yaml : "{" + row.yaml + "}") + "\n";
        CHECK(load({.environment = row.environment}) == load({.yaml = yaml}));
    }
}

TEST_CASE("what cannot be used is said and left out, as OpenTelemetry demands") {
    const std::pair<const char*, const char*> rows[] = {
        {"OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"},
        {"OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4317"},
        {"OTEL_EXPORTER_OTLP_TIMEOUT", "10s"},
        {"OTEL_EXPORTER_OTLP_HEADERS", "a"},
        {"OTEL_EXPORTER_OTLP_HEADERS", "a=b%0d%0ac: d"},
        {"OTEL_RESOURCE_ATTRIBUTES", "a=b,c=%4"},
        {"OTEL_PROPAGATORS", "tracecontext,jaeger"},
        {"OTEL_TRACES_SAMPLER", "jaeger_remote"},
        {"OTEL_TRACES_SAMPLER_ARG", "1.5"},
        {"OTEL_METRICS_EXPORTER", "prometheus,otlp"},
        {"OTEL_EXPORTER_OTLP_LOGS_PROTOCOL", "grpc"},
        {"OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "1s"},
        {"OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", "delta"},
        {"OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION", "base2_exponential_bucket_histogram"},
        {"OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "-1"},
        {"OTEL_BLRP_SCHEDULE_DELAY", "1000"},
        {"OTEL_BLRP_EXPORT_TIMEOUT", "30000"},
        {"OTEL_BLRP_MAX_QUEUE_SIZE", "2048"},
        {"OTEL_BLRP_MAX_EXPORT_BATCH_SIZE", "512"},
        {"OTEL_EXPORTER_ZIPKIN_TIMEOUT", "10000"},
        {"OTEL_METRIC_EXPORT_TIMEOUT", "30000"},
    };
    for (const auto& [name, value] : rows) {
        CAPTURE(name);
        const Config config = load({.environment = {{name, value}}});
        REQUIRE(config.warnings.size() == 1);
        CHECK(config.warnings[0].starts_with(std::string(name) + ": expected "));
        CHECK(without_warnings(config) == load({}));
    }
}

TEST_CASE("what is said of one signal wins over what is said of all") {
    const auto otlp = load({.yaml = R"(
telemetry:
  otlp_headers: [a=1, b=2]
  otlp_traces_headers: [b=3, c=4]
  otlp_timeout: 2s
  otlp_compression: gzip
  otlp_traces_protocol: http/json
  otlp_traces_compression: none
)"})
                          .telemetry.otlp;
    const auto traces = otlp.of(otlp.traces), logs = otlp.of(otlp.logs);
    using Lines = std::vector<tokenweir::HeaderLine>;
    CHECK(traces.headers == Lines{{"a", "1"}, {"b", "3"}, {"c", "4"}});
    CHECK(std::tuple(traces.json, traces.gzip, traces.timeout) == std::tuple(true, false, 2s));
    CHECK(logs.headers == Lines{{"a", "1"}, {"b", "2"}});
    CHECK(std::tuple(logs.json, logs.gzip, logs.timeout) == std::tuple(false, true, 2s));
}

TEST_CASE("our own variables win over OpenTelemetry's, and those over the file") {
    const std::string_view file = "telemetry: {service_name: file}\n";
    const std::pair<std::string, std::string> theirs{"OTEL_SERVICE_NAME", "theirs"};
    CHECK(load({.yaml = file, .environment = {theirs}}).telemetry.service_name == "theirs");
    CHECK(load({.yaml = file, .environment = {theirs, {"TOKENWEIR_TELEMETRY_SERVICE_NAME", "ours"}}})
              .telemetry.service_name == "ours");
}

TEST_SUITE_END();
