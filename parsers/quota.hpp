/// A provider's rate-limit headers as values: limit, what remains, seconds to the reset. docs/context.md lists them.
#pragma once

#include "observation/clock.hpp"
#include "observation/field.hpp"
#include "observation/llm_call.hpp"

namespace tokenweir::parsers {

/// One pass over the fields, without allocating. `now`: when the response arrived, for resets that are given as a point
/// in time. Of several windows for one resource the shortest one counts; what names no window comes before those that
/// do. A value that is not a number, or a field that comes twice, changes nothing. Requires: `quotas` is empty.
void read_quotas(Fields response_fields, WallTime now, Quotas& quotas) noexcept;

}  // namespace tokenweir::parsers
