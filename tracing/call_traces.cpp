#include "tracing/call_traces.hpp"

#include <algorithm>

#include "observation/random.hpp"
#include "tracing/traceparent.hpp"

namespace tokenweir::tracing {
namespace {

template <std::size_t size>
void fill(std::array<std::uint8_t, size>& id, Random& random) noexcept {
    do {
        for (std::size_t i = 0; i < size; i += 8) {
            const std::uint64_t bits = random.next();
            for (std::size_t k = 0; k < 8; ++k) id[i + k] = static_cast<std::uint8_t>(bits >> (8 * k));
        }
    } while (id == std::array<std::uint8_t, size>{});  // all zeros means that there is none
}

/// More than one is as good as none (W3C Trace Context, §3.2.2).
std::optional<TraceContext> continued(Fields fields) noexcept {
    const auto is_traceparent = [](const Field& field) { return iequals(field.name, "traceparent"); };
    const auto first = std::ranges::find_if(fields, is_traceparent);
    if (first == fields.end() || std::find_if(first + 1, fields.end(), is_traceparent) != fields.end())
        return std::nullopt;
    return parse_traceparent(first->value);
}

}  // namespace

TraceContext CallTraces::trace_of(Fields request_fields) const noexcept {
    thread_local Random random;
    TraceContext context;
    if (const auto parent = continued(request_fields)) {
        context = *parent;
    } else {
        fill(context.trace_id, random);
        context.sampled = true;
    }
    fill(context.span_id, random);
    return context;
}

}  // namespace tokenweir::tracing
