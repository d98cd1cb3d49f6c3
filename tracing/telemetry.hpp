/// The exporters that the operator has asked for.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "observation/genai_dialect.hpp"
#include "observation/metric_source.hpp"
#include "observation/telemetry_options.hpp"
#include "tracing/exporter.hpp"
#include "tracing/metrics_push.hpp"

namespace tokenweir::tracing {

struct TelemetrySetup {
    TelemetryOptions options{};
    GenAiDialect dialect = GenAiDialect::v1_41;
    std::string version{};
    std::string instance_id{};                                  ///< of this process
    std::vector<std::pair<std::string, std::string>> routes{};  ///< name and prefix
};

/// Nothing starts without an endpoint.
class Telemetry {
public:
    /// Throws ConfigError when a file for TLS or the spool cannot be used.
    explicit Telemetry(const TelemetrySetup& setup);

    const std::vector<std::unique_ptr<Exporter>>& exporters() const noexcept { return exporters_; }

    /// Where evaluations go: the exporter of log records; nullptr: there is none.
    EvaluationSink* evaluations() const noexcept { return evaluations_; }

private:
    EvaluationSink* evaluations_ = nullptr;
    std::vector<std::unique_ptr<Exporter>> exporters_;
};

/// What sends metrics, counted since `start`, where the operator wants them; else nullptr. `source` and `counters`
/// must outlive it. Throws ConfigError.
std::unique_ptr<MetricsPush> push_metrics(const TelemetrySetup& setup, const MetricSource& source,
                                          PushCounters& counters, WallTime start);

/// Who sends: what the operator says, over what the process knows of itself.
Resource resource_of(const TelemetrySetup& setup);

/// Where a signal goes: nothing unless it is wanted and has an endpoint.
std::optional<Endpoint> endpoint_of(const OtlpOptions& otlp, const OtlpOptions::Signal& signal, std::string_view path);

}  // namespace tokenweir::tracing
