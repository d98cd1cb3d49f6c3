/// Compresses a request body.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace tokenweir::tracing {

/// The parts one behind the other as one member of gzip (RFC 1952). Throws std::bad_alloc.
std::string gzip(std::span<const std::string_view> parts);

}  // namespace tokenweir::tracing
