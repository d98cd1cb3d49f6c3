/// Sources to a Config: what each key does, and which source wins.
#include "proxy/config_load.hpp"

#include <doctest/doctest.h>

#include "config_support.hpp"

using namespace tokenweir::proxy;
using namespace std::chrono_literals;
using tokenweir::test::complaints_of;
using tokenweir::test::load;
using tokenweir::test::TemporaryDirectory;

namespace {

const std::string token(32, 't');

template <class Change>
Config defaults_with(Change&& change) {
    Config config = default_config();
    change(config);
    return config;
}

}  // namespace

TEST_SUITE_BEGIN("config_load");

TEST_CASE("no source at all gives the defaults with the built-in routes and the mock endpoint") {
    const Config config = load({});
    CHECK(config == default_config());
    CHECK(config.listen == std::vector<Listener>{{{"127.0.0.1", 7080}, std::nullopt}});
    CHECK(config.admin_listen == ListenAddress{"127.0.0.1", 7081});
    CHECK(config.mock_route);
    CHECK(!config.single_upstream);
    CHECK(config.routes.front() == Route{"openai", "/openai", {true, "api.openai.com", 443, ""}, "openai"});
}

TEST_CASE("a file without content is no configuration") {
    for (const std::string_view yaml : {"", "\n", "# nothing\n", "---\n", "timeouts:\nlimits: {}\n"})
        CHECK(load({yaml}) == default_config());
}

TEST_CASE("every key reaches its place") {
    const tokenweir::test::TemporaryDirectory directory;
    const std::string ca = directory.file("ca.pem", "x");
    const Config expected = [&] {
        Config config;
        config.listen = {{{"0.0.0.0", 8080}, std::nullopt}};
        config.admin_listen = {"0.0.0.0", 8081};
        config.admin_token = token;
        config.threads = 3;
        config.call_log_path = "calls.jsonl";
        config.call_log_queue_bytes = 1 << 20;
        config.call_log_rotation = {.max_bytes = 1 << 30, .interval = 1h, .keep = 7};
        config.routes = {{"a", "/a", {true, "a.example", 443, ""}, "openai", tokenweir::ContextForwarding::untouched},
                         {"b/c", "/b/c", {false, "::1", 8000, "/base"}, ""},
                         {"default", "", {true, "rest.example", 443, ""}, ""}};
        config.mock_route = true;
        config.timeouts = {1ms, 2s, 3s, 4s, 5s, 6s, 7s, 8s, 0s};
        config.limits = {.connections = 10,
                         .head = {.request_line_bytes = 256, .header_bytes = 1024, .header_fields = 13},
                         .chunk = {14, 15, 16, 17},
                         .pool_idle_per_upstream = 18};
        config.labels = {19, 20, 21, 22, 23, {"team", "app_name"}};
        config.feedback = {.path = "/v1/feedback",
                           .index_bytes = 1 << 20,
                           .hold = 1min,
                           .record_comments = false,
                           .regenerate = true,
                           .regenerate_window = 2min};
        config.buckets = {
            .latency = {0.5, 1, 2.5}, .duration = {1}, .tokens = {10}, .phase = {2}, .overhead = {3}, .size = {1024}};
        config.genai_dialect = tokenweir::GenAiDialect::both;
        config.trace_context = tokenweir::ContextForwarding::all;
        config.propagation.propagators = {tokenweir::Propagator::b3, tokenweir::Propagator::tracecontext};
        config.sampler = {.parent_based = false, .root = tokenweir::SamplerOptions::Root::ratio, .ratio = 0.25};
        tokenweir::TelemetryOptions& telemetry = config.telemetry;
        telemetry.enabled = false;
        telemetry.service_name = "edge";
        telemetry.resource_attributes = {{"a", "b"}, {"c", "d,e"}};
        telemetry.otlp = {
            .endpoint = tokenweir::Endpoint{.host = "collector", .port = 4318},
            .traces = {true,
                       tokenweir::Endpoint{.tls = true, .host = "traces.example", .port = 443, .target = "/in"},
                       {{"x-t", "1"}},
                       true,
                       true,
                       4s,
                       ca,
                       ca,
                       ca},
            .logs = {false,
                     tokenweir::Endpoint{.tls = true, .host = "logs.example", .port = 443},
                     {{"x-l", "2"}},
                     false,
                     false,
                     5s,
                     ca,
                     ca,
                     ca},
            .metrics = {false,
                        tokenweir::Endpoint{.tls = true, .host = "::1", .port = 1, .target = "/m/"},
                        {{"x-m", "3"}},
                        true,
                        false,
                        6s,
                        ca,
                        ca,
                        ca},
            .headers = {{"Authorization", "Basic eA=="}},
            .json = true,
            .gzip = true,
            .timeout = 2s,
            .ca_file = ca,
            .certificate_file = ca,
            .key_file = ca};
        telemetry.zipkin = tokenweir::Endpoint{.host = "zipkin", .port = 9411, .target = "/api/v2/spans"};
        telemetry.exports = {1 << 20, 31, 2048, 32, 33ms, 34s, 35s, "spool", 1 << 20};
        telemetry.keep = {true, 30, 0.5};
        telemetry.profiles = {tokenweir::TraceProfile::langfuse, tokenweir::TraceProfile::openinference};
        config.observer = {false, 1.5, 4096, 8192, 21, {}, {}};
        config.observer.hash_prompts = true;
        config.observer.context.headers.set_conversation({"X-Ticket", "x-case"});
        config.observer.context.headers.set_user({});
        config.observer.context.headers.set_tags({"x-team", "my-*"});
        config.observer.context.record_user = false;
        return config;
    }();
    CHECK(load({.yaml = R"(
listen: 0.0.0.0:8080
admin: {listen: "0.0.0.0:8081", token: "${TOKEN}"}
threads: 3
observe: off
call_log:
  path: calls.jsonl
  queue_bytes: 1MiB
  rotate_size: 1GiB
  rotate_interval: 1h
  rotate_keep: 7
feedback:
  path: /v1/feedback
  index_bytes: 1MiB
  hold: 1m
  record_comments: off
  implicit: [regenerate]
  regenerate_window: 2m
routes:
  - {name: a, prefix: /a, upstream: "https://a.example", provider: openai, trace_context: untouched}
  - {prefix: /b/c, upstream: "http://[::1]:8000/base/"}
  - {prefix: /, upstream: "https://rest.example"}
mock: on
timeouts:
  connect: 1ms
  tls: 2s
  first_byte: 3
  idle: 4s
  client_header: 5s
  client_idle: 6s
  keep_alive: 7s
  pool_idle: 8s
  drain: off
limits:
  connections: 10
  request_line_bytes: 256
  header_bytes: 1KiB
  header_fields: 13
  chunk_extension_bytes_per_chunk: 14
  chunk_extension_bytes: 15
  trailer_bytes: 16
  trailer_fields: 17
  pool_idle: 18
labels: {max_models: 19, max_routes: 20, max_tag_values: 21, max_combinations: 22, max_evaluations: 23, tags: [team, app_name]}
metrics:
  latency_buckets: [0.5, 1, 2.5]
  duration_buckets: 1
  tokens_buckets: [10]
  phase_buckets: [2]
  overhead_buckets: [3]
  size_buckets: [1024]
telemetry:
  genai_dialect: both
  trace_context: all
  propagators: [b3, tracecontext]
  sampler: traceidratio
  sampler_ratio: 0.25
  keep_errors: on
  keep_slower_than: 30s
  keep_costlier_than: 0.5
  trace_profiles: [langfuse, openinference]
  export: off
  service_name: edge
  resource_attributes: [a=b, c=d%2Ce]
  otlp_endpoint: http://collector:4318
  otlp_signals: traces
  otlp_traces_endpoint: https://traces.example/in
  otlp_logs_endpoint: https://logs.example
  otlp_metrics_endpoint: https://[::1]:1/m/
  otlp_headers: Authorization=Basic%20eA==
  otlp_traces_headers: x-t=1
  otlp_logs_headers: x-l=2
  otlp_metrics_headers: x-m=3
  otlp_protocol: http/json
  otlp_compression: gzip
  otlp_timeout: 2s
  otlp_ca_file: ${CA}
  otlp_certificate: ${CA}
  otlp_key: ${CA}
  otlp_traces_protocol: http/json
  otlp_traces_compression: gzip
  otlp_traces_timeout: 4s
  otlp_traces_ca_file: ${CA}
  otlp_traces_certificate: ${CA}
  otlp_traces_key: ${CA}
  otlp_logs_protocol: http/protobuf
  otlp_logs_compression: none
  otlp_logs_timeout: 5s
  otlp_logs_ca_file: ${CA}
  otlp_logs_certificate: ${CA}
  otlp_logs_key: ${CA}
  otlp_metrics_protocol: http/json
  otlp_metrics_compression: none
  otlp_metrics_timeout: 6s
  otlp_metrics_ca_file: ${CA}
  otlp_metrics_certificate: ${CA}
  otlp_metrics_key: ${CA}
  zipkin_endpoint: http://zipkin:9411/api/v2/spans
  queue_bytes: 1MiB
  queue_records: 31
  batch_bytes: 2KiB
  batch_records: 32
  interval: 33ms
  give_up: 34s
  metrics_interval: 35s
  spool: spool
  spool_bytes: 1MiB
observer:
  stall_threshold: 1500ms
  max_event_bytes: 4KiB
  max_decoded_bytes: 8KiB
  max_decoded_ratio: 21
context:
  conversation_headers: [X-Ticket, x-case]
  user_headers: off
  tag_headers: x-team, my-*
  record_user: off
)",
                .environment = {{"TOKEN", token}, {"CA", ca}}}) == expected);
}

TEST_CASE("every key but the routes has an environment variable that does the same as the file") {
    const std::pair<std::string_view, const char*> rows[] = {
        {"listen", "[::1]:1"},
        {"admin.listen", "127.0.0.1:2"},
        {"observe", "off"},
        {"upstream", "http://h:1/x"},
        {"threads", "7"},
        {"call_log.path", "off"},
        {"mock", "off"},
        {"timeouts.first_byte", "1m"},
        {"limits.header_fields", "9"},
        {"labels.max_models", "8"},
        {"labels.tags", "team, app"},
        {"metrics.latency_buckets", "1,2.5"},
        {"telemetry.genai_dialect", "latest"},
        {"telemetry.propagators", "none"},
        {"telemetry.otlp_signals", "traces, logs"},
        {"telemetry.otlp_endpoint", "https://h:1/x/"},
        {"telemetry.resource_attributes", "a=b,c=%20"},
        {"telemetry.keep_costlier_than", "0.25"},
        {"telemetry.sampler", "parentbased_always_off"},
        {"observer.stall_threshold", "2s"},
    };
    for (const auto& [path, value] : rows) {
        CAPTURE(path);
        const std::string text = value;
        const std::size_t dot = path.find('.');
        const std::string yaml =
            dot == std::string_view::npos
                ? std::string(path) + ": '" + text + "'\n"
                : std::string(path.substr(0, dot)) + ": {" + std::string(path.substr(dot + 1)) + ": '" + text + "'}\n";
        const Config from_file = load({yaml});
        CHECK(from_file != default_config());
        CHECK(load({.environment = {{environment_name(path), text}}}) == from_file);
        CHECK(load({.flags = {{"--set " + std::string(path), std::string(path), text}}}) == from_file);
    }
}

TEST_CASE("a flag wins over the environment and the environment over the file") {
    const std::string_view file = "threads: 1\n";
    const Environment environment{{"TOKENWEIR_THREADS", "2"}};
    const std::vector<FlagValue> flags{{"--threads", "threads", "3"}};
    CHECK(load({file}).threads == 1);
    CHECK(load({file, environment}).threads == 2);
    CHECK(load({file, {}, flags}).threads == 3);
    CHECK(load({{}, environment, flags}).threads == 3);
    CHECK(load({file, environment, flags}).threads == 3);
    CHECK(load({file, {{"TOKENWEIR_THREADS", ""}}}).threads == 1);  // empty: not set
}

TEST_CASE("a list takes the place of the one before it") {
    const std::string_view file =
        "listen: ['127.0.0.1:1', '127.0.0.1:2']\nroutes: [{prefix: /a, upstream: 'http://a'}, {prefix: /b, upstream: "
        "'http://b'}]";
    const Config expected = [] {
        Config config = default_config();
        config.listen = {{{"127.0.0.1", 3}, std::nullopt}, {{"::1", 4}, std::nullopt}};
        config.routes = {{"c", "/c", {false, "c", 80, ""}, ""}};
        config.mock_route = false;
        return config;
    }();
    CHECK(load({file,
                {{"TOKENWEIR_LISTEN", "127.0.0.1:3, [::1]:4"},
                 {"TOKENWEIR_ROUTES", "[{prefix: /c, upstream: 'http://c'}]"}}}) == expected);
    CHECK(load({file,
                {{"TOKENWEIR_LISTEN", "127.0.0.1:9"}},
                {{"--listen", "listen", "127.0.0.1:3"},
                 {"--listen", "listen", "[::1]:4"},
                 {"--set routes", "routes", "- {prefix: /c, upstream: 'http://c'}"}}}) == expected);
}

TEST_CASE("an upstream takes everything and turns the mock endpoint off") {
    CHECK(load({"upstream: https://api.openai.com"}) == defaults_with([](Config& config) {
              config.routes = {{"upstream", "", {true, "api.openai.com", 443, ""}, ""}};
              config.single_upstream = true;
              config.mock_route = false;
          }));
}

TEST_CASE("values may refer to the environment and to files from every source") {
    const TemporaryDirectory directory;
    const std::string reference = "${file:" + directory.file("token", token + "\n") + "}";
    const Config expected = defaults_with([](Config& config) { config.admin_token = token; });
    const std::string yaml = "admin: {token: '" + reference + "'}";
    CHECK(load({yaml}) == expected);
    CHECK(load({.environment = {{"TOKENWEIR_ADMIN_TOKEN", reference}}}) == expected);
    CHECK(load({.flags = {{"--set admin.token", "admin.token", reference}}}) == expected);
    CHECK(load({.yaml = "admin: {token: '${T:-}'}"}) == default_config());
    CHECK(load({.yaml = "call_log: {path: '$${x}-${N:-1}'}"}).call_log_path == "${x}-1");
}

TEST_CASE("variables of other programs and of Kubernetes services are not ours") {
    CHECK(load({.environment = {{"THREADS", "x"},
                                {"TOKENWEIR_CONFIG", "tokenweir.yaml"},
                                {"TOKENWEIR_PORT", "tcp://10.0.0.1:7080"},
                                {"TOKENWEIR_PORT_7080_TCP_ADDR", "10.0.0.1"},
                                {"TOKENWEIR_SERVICE_HOST", "10.0.0.1"},
                                {"TOKENWEIR_ADMIN_SERVICE_PORT_METRICS", "7081"}}}) == default_config());
}

TEST_CASE("the file is read from disk up to its limit") {
    const TemporaryDirectory directory;
    const std::string file = directory.file("t.yaml", "threads: 2\n");
    CHECK(load_config({.file = file}).threads == 2);
    directory.file("t.yaml", "threads: x\n");
    CHECK(complaints_of([&] { load_config({.file = file}); }) ==
          file + ":1:10: threads: expected a whole number from 0 to 1024, got 'x'\n");
    const std::string padding = "threads: 2\n#" + std::string((1 << 20) - 12, 'x');
    directory.file("t.yaml", padding);
    CHECK(load_config({.file = file}).threads == 2);
    directory.file("t.yaml", padding + "x");
    CHECK(complaints_of([&] { load_config({.file = file}); }) ==
          "cannot read '" + file + "': it is larger than 1048576 bytes\n");
    CHECK(complaints_of([&] { load_config({.file = directory.path() + "/none"}); }) ==
          "cannot read '" + directory.path() + "/none': No such file or directory\n");
}

TEST_SUITE_END();
