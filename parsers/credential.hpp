/// Which credential a request carries, known afterwards by its keyed hash alone.
#pragma once

#include <string_view>

#include "parsers/request_fields.hpp"

namespace tokenweir::parsers {

/// The secret part of the first of these: `Authorization` without its scheme (of an AWS signature the access key's id,
/// which is what stays the same), `x-api-key`, `api-key`, `x-goog-api-key`, the WebSocket protocol
/// `openai-insecure-api-key.…`, the query's `key`. Empty: none. A view into the request.
std::string_view find_credential(const RequestFields& fields, std::string_view target) noexcept;

}  // namespace tokenweir::parsers
