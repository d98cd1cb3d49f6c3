/// text/event-stream bytes in, events out (WHATWG HTML §9.2.6), whatever the split; no JSON, no clock.
///
/// Departs from the standard where senders do: an event that the input's end leaves undispatched is still delivered by
/// finish(), and a field named `error` is delivered as an event of that type (llama.cpp, GPUStack).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace tokenweir::parsers {

/// Views are valid until the next call on the decoder, or until the piece that was fed goes away.
struct SseEvent {
    std::string_view type;  ///< the `event:` field; empty when there was none
    std::string_view data;  ///< the `data:` lines joined by LF
};

class SseDecoder {
public:
    /// An event with more data than `max_event_bytes` ends decoding: see over_limit().
    explicit SseDecoder(std::size_t max_event_bytes) noexcept;

    /// Takes the next piece; it must stay valid until next() has returned nothing. An event that lies wholly inside one
    /// piece is delivered as a view into it, without a copy.
    void feed(std::string_view piece);

    /// The next complete event with data, or nothing until more is fed. Comments and empty events are skipped.
    std::optional<SseEvent> next();

    /// After the last piece: the event that no blank line ended, if it has data.
    std::optional<SseEvent> finish();

    bool over_limit() const noexcept;

private:
    // To be filled in by the implementation.
};

}  // namespace tokenweir::parsers
