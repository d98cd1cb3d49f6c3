/// What the operator wants of traces, and of sending anything to a back end.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tokenweir {

/// The values of OTEL_PROPAGATORS that are known here.
enum class Propagator : std::uint8_t {
    tracecontext,  ///< traceparent and tracestate (W3C Trace Context)
    baggage,       ///< W3C Baggage
    b3,            ///< B3, sent as one field
    b3multi        ///< B3, sent as X-B3-*
};

struct PropagationOptions {
    /// Read in this order, and all of them sent; none: nothing is read and nothing is sent. Absent: all are read, and
    /// an upstream gets the kinds that the client sent, or traceparent if it sent none.
    std::optional<std::vector<Propagator>> propagators{};

    bool operator==(const PropagationOptions&) const = default;
};

/// OTEL_TRACES_SAMPLER and OTEL_TRACES_SAMPLER_ARG.
struct SamplerOptions {
    enum class Root : std::uint8_t { always_on, always_off, ratio };

    bool parent_based = true;  ///< a client's decision is kept; what follows decides where there is none
    Root root = Root::always_on;
    double ratio = 1;  ///< of the traces, for Root::ratio; 0 to 1

    bool operator==(const SamplerOptions&) const = default;
};

/// Calls that are kept although they were not sampled; all of them are off by default.
struct KeepOptions {
    bool errors = false;
    double slower_than_seconds = 0;  ///< 0: off
    double costlier_than = 0;        ///< US dollars; 0: off

    bool operator==(const KeepOptions&) const = default;
};

/// Where a back end takes records: http(s)://host[:port]/target
struct Endpoint {
    bool tls = false;
    std::string host{};  ///< without brackets
    std::uint16_t port = 0;
    std::string target = "/";

    bool operator==(const Endpoint&) const = default;
};

/// A field that goes with every request to a back end.
using HeaderLine = std::pair<std::string, std::string>;

/// Attributes that a back end wants beside those of OpenTelemetry.
enum class TraceProfile : std::uint8_t { openinference, langfuse };

/// The back ends that take OpenTelemetry's protocol. An exporter starts for each signal that has an endpoint.
struct OtlpOptions {
    struct Signal {
        bool wanted = true;
        std::optional<Endpoint> endpoint{};         ///< taken as it is; absent: the common one with the signal's path
        std::vector<HeaderLine> further_headers{};  ///< over the common ones
        std::optional<bool> json{}, gzip{};         ///< absent: the common one, here and below
        std::optional<std::chrono::milliseconds> timeout{};
        std::string ca_file{};
        std::string certificate_file{}, key_file{};  ///< a pair

        bool operator==(const Signal&) const = default;
    };

    std::optional<Endpoint> endpoint{};  ///< to which /v1/traces and so on is added
    Signal traces{}, logs{}, metrics{};
    std::vector<HeaderLine> headers{};
    bool json = false;
    bool gzip = false;
    std::chrono::milliseconds timeout{10'000};
    std::string ca_file{};  ///< empty: the system's trust store
    std::string certificate_file{}, key_file{};

    /// With what is special about one signal in the place of what is common.
    OtlpOptions of(const Signal& signal) const {
        OtlpOptions one = *this;
        for (const HeaderLine& header : signal.further_headers) {
            std::erase_if(one.headers, [&](const HeaderLine& common) { return common.first == header.first; });
            one.headers.push_back(header);
        }
        one.json = signal.json.value_or(json);
        one.gzip = signal.gzip.value_or(gzip);
        one.timeout = signal.timeout.value_or(timeout);
        if (!signal.ca_file.empty()) one.ca_file = signal.ca_file;
        if (signal.certificate_file.empty()) return one;
        one.certificate_file = signal.certificate_file;
        one.key_file = signal.key_file;
        return one;
    }

    bool operator==(const OtlpOptions&) const = default;
};

/// How records wait for a back end, and for how long.
struct ExportOptions {
    std::size_t queue_bytes = std::size_t{64} << 20;
    std::size_t queue_records = 0;  ///< 0: as many as fit
    std::size_t batch_bytes = std::size_t{1} << 20;
    std::size_t batch_records = 512;
    std::chrono::milliseconds interval{5'000};
    std::chrono::milliseconds give_up{0};  ///< 0: a batch is tried again until it is taken
    std::chrono::milliseconds metrics_interval{60'000};
    std::string spool{};  ///< a directory; empty: none
    std::size_t spool_bytes = std::size_t{256} << 20;

    bool operator==(const ExportOptions&) const = default;
};

struct TelemetryOptions {
    bool enabled = true;
    std::string service_name = "tokenweir";
    std::vector<std::pair<std::string, std::string>> resource_attributes{};
    OtlpOptions otlp{};
    std::optional<Endpoint> zipkin{};
    ExportOptions exports{};
    KeepOptions keep{};
    std::vector<TraceProfile> profiles{};

    bool operator==(const TelemetryOptions&) const = default;
};

}  // namespace tokenweir
