/// OpenTelemetry's own environment variables, as keys of ours.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "proxy/config_text.hpp"

namespace tokenweir::proxy {

/// A key that a variable sets, and the text that it would have in our configuration.
struct OtelSetting {
    std::string variable;
    std::string path;
    std::string text;
};

struct OtelSettings {
    std::vector<OtelSetting> settings;
    std::vector<std::string> warnings;  ///< what is left out, which OpenTelemetry wants said and not refused
};

/// Reads what docs/tracing.md lists. An empty variable is as good as none.
OtelSettings read_otel_variables(const Environment& environment);

}  // namespace tokenweir::proxy
