/// The kinds of values that telemetry is configured by; see config_values.hpp.
#pragma once

#include <optional>
#include <string>
#include <string_view>

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

}  // namespace tokenweir::proxy
