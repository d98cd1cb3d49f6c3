#include "tracing/traceparent.hpp"

#include "tracing/hex.hpp"

namespace tokenweir::tracing {
namespace {

// 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01
constexpr std::size_t version_at = 0, trace_at = 3, parent_at = 36, flags_at = 53, length = 55;

constexpr unsigned sampled_flag = 1, random_flag = 2;

}  // namespace

std::optional<RemoteParent> parse_traceparent(std::string_view value) noexcept {
    if (value.size() < length) return std::nullopt;
    for (const std::size_t dash : {trace_at - 1, parent_at - 1, flags_at - 1})
        if (value[dash] != '-') return std::nullopt;
    const auto version = from_hex<1>(value.substr(version_at, 2));
    const auto trace = from_hex<16>(value.substr(trace_at, 32));
    const auto parent = from_hex<8>(value.substr(parent_at, 16));
    const auto flags = from_hex<1>(value.substr(flags_at, 2));
    if (!version || !trace || !parent || !flags) return std::nullopt;
    if ((*version)[0] == 0xff || *trace == TraceId{} || *parent == SpanId{}) return std::nullopt;
    const bool more = value.size() > length;
    if (more && ((*version)[0] == 0 || value[length] != '-')) return std::nullopt;
    return RemoteParent{.trace_id = *trace,
                        .span_id = *parent,
                        .sampled = ((*flags)[0] & sampled_flag) != 0,
                        .random = ((*flags)[0] & random_flag) != 0};
}

void append_traceparent(std::string& out, const TraceContext& context) {
    const auto trace = to_hex(context.trace_id);
    const auto span = to_hex(context.span_id);
    const unsigned flags = (context.sampled ? sampled_flag : 0) | (context.random ? random_flag : 0);
    out.append("00-").append(trace.data(), trace.size()).append(1, '-').append(span.data(), span.size());
    out.append("-0").append(1, static_cast<char>('0' + flags));
}

}  // namespace tokenweir::tracing
