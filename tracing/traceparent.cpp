#include "tracing/traceparent.hpp"

namespace tokenweir::tracing {
namespace {

// 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01
constexpr std::size_t version_at = 0, trace_at = 3, parent_at = 36, flags_at = 53, length = 55;

constexpr int nibble(char c) noexcept {
    if (c >= '0' && c <= '9') return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;  // upper case is not allowed
}

/// Reads 2 * size digits. Requires: they are there.
template <std::size_t size>
std::optional<std::array<std::uint8_t, size>> hex(std::string_view text) noexcept {
    std::array<std::uint8_t, size> bytes{};
    for (std::size_t i = 0; i < size; ++i) {
        const int high = nibble(text[2 * i]), low = nibble(text[2 * i + 1]);
        if (high < 0 || low < 0) return std::nullopt;
        bytes[i] = static_cast<std::uint8_t>(high * 16 + low);
    }
    return bytes;
}

}  // namespace

std::optional<TraceContext> parse_traceparent(std::string_view value) noexcept {
    if (value.size() < length) return std::nullopt;
    for (const std::size_t dash : {trace_at - 1, parent_at - 1, flags_at - 1})
        if (value[dash] != '-') return std::nullopt;
    const auto version = hex<1>(value.substr(version_at));
    const auto trace = hex<16>(value.substr(trace_at));
    const auto parent = hex<8>(value.substr(parent_at));
    const auto flags = hex<1>(value.substr(flags_at));
    if (!version || !trace || !parent || !flags) return std::nullopt;
    if ((*version)[0] == 0xff || *trace == TraceId{} || *parent == SpanId{}) return std::nullopt;
    const bool more = value.size() > length;
    if (more && ((*version)[0] == 0 || value[length] != '-')) return std::nullopt;
    return TraceContext{
        .trace_id = *trace, .span_id = {}, .parent_span_id = *parent, .sampled = ((*flags)[0] & 1) != 0};
}

}  // namespace tokenweir::tracing
