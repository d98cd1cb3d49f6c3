/// How calls and metrics are written for a back end, and how its answers are read.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "observation/evaluation.hpp"
#include "observation/llm_call.hpp"
#include "observation/metric_source.hpp"
#include "tracing/call_spans.hpp"
#include "tracing/export_transport.hpp"
#include "tracing/protobuf.hpp"

namespace tokenweir::tracing {

/// Who sends: attributes of the process (OpenTelemetry resource). service.name is among them.
using Resource = std::vector<std::pair<std::string, std::string>>;

/// What a 200 says was not taken (OTLP, partial success).
struct PartialSuccess {
    std::int64_t rejected = 0;  ///< spans, log records or points of metrics
    std::string message{};

    bool operator==(const PartialSuccess&) const = default;
};

/// How requests are enclosed, and how answers are read. For one thread.
class PayloadFormat {
public:
    virtual ~PayloadFormat() = default;

    virtual std::string_view content_type() const noexcept = 0;

    /// Fills the three parts of `payload`, the strings of which are empty, with the request that holds the pieces: all
    /// that were appended one after the other, or a stretch of them that begins and ends with an item.
    virtual void enclose(Payload& payload, std::string_view pieces) const = 0;

    /// Reads the body of a successful answer. What it cannot read rejects nothing.
    virtual PartialSuccess read_answer(std::string_view body) const = 0;
};

class ExportFormat : public PayloadFormat {
public:
    /// Appends what the call becomes to `pieces`; nothing if it has no trace and needs one. Throws std::bad_alloc, and
    /// may have appended a part of it then.
    virtual void append(Protobuf& pieces, const LlmCall& call) = 0;

    /// The same for an evaluation. A format without a place for one writes nothing.
    virtual void append(Protobuf&, const Evaluation&) {}
};

/// Between which instants a metric was counted, in nanoseconds since 1970.
struct MetricWindow {
    std::uint64_t start = 0, time = 0;
};

class MetricsFormat : public PayloadFormat {
public:
    /// Sums and histograms are cumulative (OpenTelemetry, aggregation temporality).
    virtual void append(std::string& pieces, const Metric& metric, const MetricWindow& window) = 0;
};

enum class OtlpSignal : std::uint8_t { traces, logs };

struct FormatOptions {
    Resource resource{};
    std::string scope_name = "tokenweir";  ///< the instrumentation scope: this program
    std::string scope_version{};
    SpanOptions spans{};
};

std::unique_ptr<ExportFormat> otlp_protobuf(OtlpSignal signal, FormatOptions options);
std::unique_ptr<ExportFormat> otlp_json(OtlpSignal signal, FormatOptions options);
std::unique_ptr<MetricsFormat> otlp_protobuf_metrics(const FormatOptions& options);
std::unique_ptr<MetricsFormat> otlp_json_metrics(FormatOptions options);
std::unique_ptr<ExportFormat> zipkin_json(FormatOptions options);

}  // namespace tokenweir::tracing
