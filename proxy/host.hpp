/// Judges and compares `host[:port]`: the Host field (RFC 9110 §7.2) and the authority of an absolute-form target.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace tokenweir::proxy {

struct Authority {
    std::string_view host;              ///< as received; an IPv6 address with its brackets
    std::optional<std::uint16_t> port;  ///< absent: the scheme's
};

/// Nothing if it is not a reg-name, an IPv4 address or a bracketed IPv6 address with an optional port from 0 to 65535.
/// Stricter than RFC 3986: an empty host, an empty port, userinfo, a comma and an IPvFuture are no authority here.
std::optional<Authority> parse_authority(std::string_view text) noexcept;

/// Whether both name the same server (RFC 9110 §4.2.3): host without case, a missing port being `default_port`.
bool same_server(const Authority& a, const Authority& b, std::uint16_t default_port) noexcept;

}  // namespace tokenweir::proxy
