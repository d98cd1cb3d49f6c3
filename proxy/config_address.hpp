/// Addresses and URLs of the configuration: text to values, with words for what is wrong.
#pragma once

#include <string_view>

#include "proxy/config.hpp"

namespace tokenweir::proxy {

/// ip:port, [ipv6]:port or localhost:port. Port 0 lets the system choose. Throws BadValue.
ListenAddress parse_listen_address(std::string_view text);

/// http(s)://host[:port][/base/path]; nothing else may be in it. Throws BadValue.
UpstreamUrl parse_upstream_url(std::string_view text);

}  // namespace tokenweir::proxy
