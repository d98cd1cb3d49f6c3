/// Compresses a request body.
#pragma once

#include <string>
#include <string_view>

namespace tokenweir::tracing {

/// One member of gzip (RFC 1952). Throws std::bad_alloc.
std::string gzip(std::string_view data);

}  // namespace tokenweir::tracing
