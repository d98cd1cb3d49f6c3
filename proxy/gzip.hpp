/// Compresses what the admin port answers with.
#pragma once

#include <string>
#include <string_view>

#include "observation/field.hpp"

namespace tokenweir::proxy {

/// The client takes gzip (RFC 9110 §12.5.3).
bool accepts_gzip(Fields request_fields) noexcept;

/// As one gzip member (RFC 1952), at zlib's fastest level: metrics shrink to a twentieth all the same. Throws
/// std::bad_alloc.
std::string gzipped(std::string_view text);

}  // namespace tokenweir::proxy
