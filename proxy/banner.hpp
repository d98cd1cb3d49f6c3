/// What the proxy says when it has started: what listens where, and the lines to paste.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "proxy/config.hpp"

namespace tokenweir::proxy {

/// Text for stderr. `bound`: the addresses of config.listen, in order, with the ports the system gave; `admin`:
/// likewise.
std::string banner(const Config& config, std::span<const ListenAddress> bound, const ListenAddress& admin,
                   std::string_view version);

}  // namespace tokenweir::proxy
