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
    explicit SseDecoder(std::size_t max_event_bytes) noexcept : max_event_bytes_(max_event_bytes) {}

    /// Takes the next piece; requires that next() has returned nothing for the one before. The piece must stay valid
    /// until next() has returned nothing. An event with one data line that lies wholly inside one piece is delivered as
    /// views into it, without a copy; only what straddles pieces is kept.
    void feed(std::string_view piece) noexcept;

    /// The next complete event with data, or nothing until more is fed. Comments, events without a data line and
    /// nameless events with empty data are skipped. Linear in the bytes fed, however they are split.
    std::optional<SseEvent> next();

    /// After the last piece, once: the event that no blank line ended, if it has data. Requires that next() has
    /// returned nothing.
    std::optional<SseEvent> finish();

    /// An event passed max_event_bytes: those before it were delivered, nothing comes any more.
    bool over_limit() const noexcept { return over_limit_; }

private:
    enum class FieldName : unsigned char { data, event, error, ignored, undecided };
    struct Line {
        FieldName name = FieldName::ignored;
        bool has_colon = false;  // without one the name may still go on
        std::string_view value;
    };

    std::optional<SseEvent> whole_event() noexcept;
    static Line parse(std::string_view line) noexcept;
    void pass_byte_order_mark();
    void advance(std::size_t to) noexcept;
    void end_line(std::string_view rest);
    void keep_unfinished_line();
    bool fits(const Line& line) const noexcept;
    void apply(const Line& line, bool in_piece);
    void add_data(std::string_view value, bool in_piece);
    void keep_views();
    std::optional<SseEvent> dispatch() noexcept;
    void forget_event() noexcept;
    void give_up() noexcept;
    std::string_view type() const noexcept { return type_view_.empty() ? type_ : type_view_; }
    std::string_view data() const noexcept { return data_view_.empty() ? data_ : data_view_; }

    std::string_view piece_;
    std::size_t position_ = 0;                      // of the first byte in piece_ that has not been consumed
    std::size_t next_lf_ = std::string_view::npos;  // the first line end of each kind at or after position_,
    std::size_t next_cr_ = std::string_view::npos;  // so that no byte is searched twice
    std::string_view type_view_, data_view_;        // of the event being read, as long as they lie in piece_ ...
    std::string type_, data_;                       // ... and once they do not
    std::string line_;                              // the kept beginning of a line that straddles pieces
    std::size_t max_event_bytes_;
    unsigned char mark_bytes_ = 0;  // of the byte order mark seen so far, then start_is_past
    bool has_data_ = false;         // the event being read has a data line
    bool delivered_ = false;        // type and data are those of an event that the caller may still look at
    bool skip_line_ = false;        // the rest of the unfinished line is of no interest
    bool after_cr_ = false;         // a CR ended the last piece: an LF belongs to it
    bool over_limit_ = false;
};

}  // namespace tokenweir::parsers
