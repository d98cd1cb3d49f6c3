#include "tracing/b3.hpp"

#include <algorithm>

#include "observation/field.hpp"
#include "tracing/hex.hpp"

namespace tokenweir::tracing {
namespace {

constexpr std::size_t short_trace_digits = 16;

/// 32 digits, or 16 to which zeros belong on the left.
std::optional<TraceId> trace_id_of(std::string_view text) noexcept {
    if (text.size() != short_trace_digits) return from_hex<16>(text);
    const auto low = from_hex<8>(text);
    if (!low) return std::nullopt;
    TraceId id{};
    std::ranges::copy(*low, id.begin() + 8);
    return id;
}

bool set_ids(RemoteParent& parent, std::string_view trace_id, std::string_view span_id) noexcept {
    const auto trace = trace_id_of(trace_id);
    const auto span = from_hex<8>(span_id);
    if (!trace || !span || *trace == TraceId{} || *span == SpanId{}) return false;
    parent.trace_id = *trace;
    parent.span_id = *span;
    return true;
}

bool set_state(RemoteParent& parent, std::string_view state) noexcept {
    if (state.size() != 1) return false;
    if (state[0] != '0' && state[0] != '1' && state[0] != 'd') return false;
    parent.debug = state[0] == 'd';
    parent.sampled = state[0] != '0';
    return true;
}

template <std::size_t size>
void append_hex(std::string& out, const std::array<std::uint8_t, size>& id) {
    const auto text = to_hex(id);
    out.append(text.data(), text.size());
}

}  // namespace

std::optional<RemoteParent> parse_b3(std::string_view value) noexcept {
    RemoteParent parent;
    const std::size_t trace_end = value.find('-');
    if (trace_end == std::string_view::npos) return set_state(parent, value) ? std::optional(parent) : std::nullopt;
    std::string_view rest = value.substr(trace_end + 1);
    const std::size_t span_end = std::min(rest.find('-'), rest.size());
    if (!set_ids(parent, value.substr(0, trace_end), rest.substr(0, span_end))) return std::nullopt;
    if (span_end == rest.size()) return parent;
    rest.remove_prefix(span_end + 1);
    const std::size_t state_end = std::min(rest.find('-'), rest.size());
    if (!set_state(parent, rest.substr(0, state_end))) return std::nullopt;
    if (state_end < rest.size() && !from_hex<8>(rest.substr(state_end + 1))) return std::nullopt;
    return parent;
}

std::optional<RemoteParent> parse_b3(const B3Fields& fields) noexcept {
    RemoteParent parent;
    if (fields.sampled == "1" || iequals(fields.sampled, "true")) parent.sampled = true;
    if (fields.sampled == "0" || iequals(fields.sampled, "false")) parent.sampled = false;
    if (fields.flags == "1") parent.debug = parent.sampled.emplace(true);
    if (fields.trace_id.empty() && fields.span_id.empty()) return parent.sampled ? std::optional(parent) : std::nullopt;
    return set_ids(parent, fields.trace_id, fields.span_id) ? std::optional(parent) : std::nullopt;
}

void append_b3(std::string& out, const TraceContext& context) {
    append_hex(out, context.trace_id);
    out += '-';
    append_hex(out, context.span_id);
    out.append(1, '-').append(1, context.debug ? 'd' : context.sampled ? '1' : '0');
}

void append_b3_lines(std::string& out, const TraceContext& context) {
    append_hex(out.append("X-B3-TraceId: "), context.trace_id);
    append_hex(out.append("\r\nX-B3-SpanId: "), context.span_id);
    if (context.debug)
        out += "\r\nX-B3-Flags: 1\r\n";
    else
        out.append("\r\nX-B3-Sampled: ").append(1, context.sampled ? '1' : '0').append("\r\n");
}

}  // namespace tokenweir::tracing
