/// A span as OpenTelemetry defines it, but for its attributes, which go from the call straight into an encoding.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "observation/trace_context.hpp"

namespace tokenweir::tracing {

enum class SpanKind : std::uint8_t { server = 2, client = 3 };  // the numbers of OTLP

constexpr std::string_view name_of(SpanKind kind) noexcept { return kind == SpanKind::server ? "SERVER" : "CLIENT"; }

/// Nanoseconds since 1970, UTC.
using UnixNanos = std::uint64_t;

/// "POST /v1/chat/completions", "chat gpt-4o": what is done, and to what, if that is known.
struct SpanName {
    std::string_view what{}, object{};

    std::size_t size() const noexcept { return what.size() + (object.empty() ? 0 : 1 + object.size()); }
    std::string whole() const {
        std::string text(what);
        if (!object.empty()) text.append(1, ' ').append(object);
        return text;
    }
};

/// Views into the call that it was made from, and into what made it.
struct Span {
    TraceId trace_id{};
    SpanId span_id{};
    SpanId parent_span_id{};                              ///< zero: the root of the trace
    bool parent_is_remote = false;                        ///< another process's span
    bool sampled = false, random = false, debug = false;  ///< of the trace's context
    std::string_view tracestate{};
    SpanName name{};
    SpanKind kind = SpanKind::server;
    UnixNanos start = 0, end = 0;       ///< start <= end
    std::string_view http_route{};      ///< empty: none
    bool failed = false;                ///< status ERROR; UNSET otherwise
    std::string_view status_message{};  ///< only beside ERROR
};

struct SpanEvent {
    UnixNanos time = 0;
    std::string_view name;  ///< static text
};

/// In the order of their instants.
class SpanEvents {
public:
    static constexpr std::size_t most = 6;

    /// Requires: fewer than that.
    void add(const SpanEvent& event) noexcept {
        std::size_t at = count_++;
        for (; at > 0 && all_[at - 1].time > event.time; --at) all_[at] = all_[at - 1];
        all_[at] = event;
    }
    const SpanEvent* begin() const noexcept { return all_.data(); }
    const SpanEvent* end() const noexcept { return all_.data() + count_; }
    bool empty() const noexcept { return count_ == 0; }

private:
    std::array<SpanEvent, most> all_{};
    std::size_t count_ = 0;
};

}  // namespace tokenweir::tracing
