/// Who calls, as far as clients say so by themselves: sessions and retries.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "observation/field.hpp"

namespace tokenweir::parsers {

/// The session that a coding agent or an observability SDK names in a header; empty when there is none.
std::string_view session_of(Fields request_fields) noexcept;

/// The session inside Claude Code's `metadata.user_id`: "user_..._session_<id>", or a JSON text with `session_id`.
/// Opens a JsonDocument.
std::string session_of_user_id(std::string_view user_id);

/// How often the client's SDK has tried this call before.
std::optional<std::int64_t> retry_count(Fields request_fields) noexcept;

}  // namespace tokenweir::parsers
