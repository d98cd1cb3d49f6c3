/// Who serves a call: gen_ai.provider.name, recognised from the upstream's host, else from port, path and headers.
#pragma once

#include <cstdint>
#include <string_view>

#include "parsers/request_fields.hpp"

namespace tokenweir::parsers {

/// Static text; empty for a host that names no provider. Case-insensitive; once per route, for it asks forty names.
std::string_view provider_of_host(std::string_view host) noexcept;

struct ProviderSigns {
    std::uint16_t port = 0;
    std::string_view path;  ///< as sent to the upstream
    std::string_view api;   ///< tokenweir.api
    const RequestFields& fields;
};

/// Static text; empty when neither the signs nor the wire format name one.
std::string_view recognise_provider(const ProviderSigns& signs) noexcept;

}  // namespace tokenweir::parsers
