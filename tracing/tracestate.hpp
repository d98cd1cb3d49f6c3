/// The field `tracestate` (W3C Trace Context, Level 2, §3.3), and the member `ot` in which samplers write.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tokenweir::tracing {

inline constexpr std::size_t max_tracestate_members = 32;
inline constexpr std::size_t max_tracestate_bytes = 512;  ///< what everyone must be able to carry (§3.3.1.5)

/// Adds the members of one field to those of the ones before it. False: they are not well-formed, or too many.
bool join_tracestate(std::string& members, std::string_view value);

/// Leaves out whole members until `members` fits: first those of more than 128 characters, then the last ones.
void shorten_tracestate(std::string& members);

/// The randomness that the trace's root has written down: `ot=rv:`, 56 bits.
std::optional<std::uint64_t> trace_randomness(std::string_view members) noexcept;

/// Writes down with which threshold was sampled: `ot=th:`, 56 bits without the zeros at their end, first of all
/// members.
void set_sampling_threshold(std::string& members, std::uint64_t threshold);

}  // namespace tokenweir::tracing
