/// The request fields that carry a trace's context, found in one look at the head.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "observation/field.hpp"

namespace tokenweir::tracing {

/// Fields that belong together: they are read, left alone or replaced as one.
enum class ContextGroup : std::uint8_t { w3c, b3_single, b3_multi, baggage, none };

/// The group that a field of that name belongs to.
constexpr ContextGroup context_group(std::string_view name) noexcept {
    const auto is = [name](std::string_view known) { return iequals(name, known); };
    switch (name.size()) {
        case 2: return is("b3") ? ContextGroup::b3_single : ContextGroup::none;
        case 7: return is("baggage") ? ContextGroup::baggage : ContextGroup::none;
        case 10:
            if (is("tracestate")) return ContextGroup::w3c;
            return is("x-b3-flags") ? ContextGroup::b3_multi : ContextGroup::none;
        case 11:
            if (is("traceparent")) return ContextGroup::w3c;
            return is("x-b3-spanid") ? ContextGroup::b3_multi : ContextGroup::none;
        case 12: return is("x-b3-traceid") || is("x-b3-sampled") ? ContextGroup::b3_multi : ContextGroup::none;
        case 17: return is("x-b3-parentspanid") ? ContextGroup::b3_multi : ContextGroup::none;
        default: return ContextGroup::none;
    }
}

/// Some of the groups.
class ContextGroups {
public:
    /// Requires: not ContextGroup::none.
    constexpr void add(ContextGroup group) noexcept { bits_ = static_cast<std::uint8_t>(bits_ | bit(group)); }
    constexpr bool has(ContextGroup group) const noexcept { return (bits_ & bit(group)) != 0; }
    constexpr bool empty() const noexcept { return bits_ == 0; }

private:
    static constexpr unsigned bit(ContextGroup group) noexcept { return 1U << static_cast<unsigned>(group); }

    std::uint8_t bits_ = 0;
};

}  // namespace tokenweir::tracing
