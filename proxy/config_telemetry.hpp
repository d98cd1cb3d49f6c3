/// The kinds of values that telemetry is configured by; see config_values.hpp.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "observation/head_decorator.hpp"
#include "observation/telemetry_options.hpp"

namespace tokenweir::proxy {

/// What upstreams learn of traces; absent: auto.
struct Forwarding {
    static std::string expects() { return "auto, none, trace, all or untouched"; }
    static void parse(std::string_view text, std::optional<ContextForwarding>& out);
    static std::string print(std::optional<ContextForwarding> value);
};

/// The same for one route; absent: as everywhere.
struct RouteForwarding {
    static std::string expects() { return "none, trace, all or untouched"; }
    static void parse(std::string_view text, std::optional<ContextForwarding>& out);
    static std::string print(std::optional<ContextForwarding> value);
};

/// With commas between them.
struct Propagators {
    static constexpr bool is_list = true;
    static std::string expects() { return "auto, none, or a list of tracecontext, baggage, b3 and b3multi"; }
    static void parse(std::string_view text, PropagationOptions& out);
    static std::string print(const PropagationOptions& value);
};

struct SamplerName {
    static std::string expects() { return "always_on, always_off or traceidratio, with or without parentbased_"; }
    static void parse(std::string_view text, SamplerOptions& out);
    static std::string print(const SamplerOptions& value);
};

struct Ratio {
    static std::string expects() { return "a number from 0 to 1"; }
    static void parse(std::string_view text, double& out);
    static std::string print(double value);
};

/// Where a back end listens; absent: nowhere. The path stays as it is written.
struct EndpointUrl {
    static std::string expects() { return "http(s)://host[:port][/path]"; }
    static void parse(std::string_view text, std::optional<Endpoint>& out);
    static std::string print(const std::optional<Endpoint>& value);
};

/// name=value pairs with commas between them, percent-encoded as in W3C Baggage.
struct Pairs {
    static constexpr bool is_list = true;
    static std::string expects() { return "a list of name=value, percent-encoded"; }
    static void parse(std::string_view text, std::vector<std::pair<std::string, std::string>>& out);
    static std::string print(const std::vector<std::pair<std::string, std::string>>& value);
};

/// The same for request fields.
struct Headers : Pairs {
    static void parse(std::string_view text, std::vector<HeaderLine>& out);
};

struct Signals {
    static constexpr bool is_list = true;
    static std::string expects() { return "none, or a list of traces, logs and metrics"; }
    static void parse(std::string_view text, OtlpOptions& out);
    static std::string print(const OtlpOptions& value);
};

/// Whether it is JSON.
struct OtlpProtocol {
    static std::string expects() { return "http/protobuf or http/json"; }
    static void parse(std::string_view text, bool& out);
    static std::string print(bool json) { return json ? "http/json" : "http/protobuf"; }
};

/// Whether it is gzip.
struct Compression {
    static std::string expects() { return "gzip or none"; }
    static void parse(std::string_view text, bool& out);
    static std::string print(bool gzip) { return gzip ? "gzip" : "none"; }
};

/// What one signal has in the place of what is common, or nothing.
template <class Kind>
struct Own {
    static std::string expects() { return Kind::expects(); }
    template <class Value>
    static void parse(std::string_view text, std::optional<Value>& out) {
        out.reset();
        if (!text.empty()) Kind::parse(text, out.emplace());
    }
    template <class Value>
    static std::string print(const std::optional<Value>& value) {
        return value ? Kind::print(*value) : std::string();
    }
};

struct Profiles {
    static constexpr bool is_list = true;
    static std::string expects() { return "none, or a list of openinference and langfuse"; }
    static void parse(std::string_view text, std::vector<TraceProfile>& out);
    static std::string print(const std::vector<TraceProfile>& value);
};

/// A span of time that calls may pass, or 0 for off.
struct OptionalSpan {
    static std::string expects() { return "a duration such as 250ms, 30s or 5m, or off"; }
    static void parse(std::string_view text, double& out);
    static std::string print(double seconds);
};

/// A time that is never none.
struct Wait {
    static std::string expects() { return "a duration such as 250ms, 30s or 5m"; }
    static void parse(std::string_view text, std::chrono::milliseconds& out);
    static std::string print(std::chrono::milliseconds value);
};

/// An amount of money, or 0 for off.
struct Dollars {
    static std::string expects() { return "US dollars, such as 0.5, or off"; }
    static void parse(std::string_view text, double& out);
    static std::string print(double value);
};

}  // namespace tokenweir::proxy
