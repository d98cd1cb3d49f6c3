/// The methods of HTTP that are known by name, as OpenTelemetry's conventions for HTTP have it (RFC 9110, RFC 5789). A
/// client may send any other, so that one is told apart as an attribute, and makes no name.
#pragma once

#include <algorithm>
#include <array>
#include <string_view>

namespace tokenweir::tracing {

inline bool is_known_method(std::string_view method) noexcept {
    constexpr std::array<std::string_view, 9> known{"GET",     "HEAD",    "POST",  "PUT",  "DELETE",
                                                    "CONNECT", "OPTIONS", "TRACE", "PATCH"};
    return std::ranges::find(known, method) != known.end();
}

}  // namespace tokenweir::tracing
