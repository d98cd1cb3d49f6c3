// Finds line ends with memchr, each byte once, and copies only what straddles pieces.
#include "parsers/sse_decoder.hpp"

#include <algorithm>
#include <utility>

namespace tokenweir::parsers {

namespace {

constexpr auto npos = std::string_view::npos;
constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
constexpr unsigned char start_is_past = 4;
constexpr std::size_t longest_field_name = 5;    // event, error
constexpr std::size_t kept_buffer_bytes = 4096;  // a larger buffer is given back after its event

void clear(std::string& text) noexcept {
    if (text.capacity() > kept_buffer_bytes)
        std::string().swap(text);
    else
        text.clear();
}

}  // namespace

void SseDecoder::feed(std::string_view piece) noexcept {
    piece_ = piece;
    position_ = 0;
    next_lf_ = piece.find('\n');
    next_cr_ = piece.find('\r');
}

std::optional<SseEvent> SseDecoder::next() {
    if (delivered_) forget_event();
    if (over_limit_ || position_ >= piece_.size()) return std::nullopt;
    if (mark_bytes_ != start_is_past) pass_byte_order_mark();
    if (std::exchange(after_cr_, false) && piece_[position_] == '\n') advance(position_ + 1);

    if (const auto event = whole_event()) return event;
    for (std::size_t end; (end = std::min(next_lf_, next_cr_)) != npos;) {
        const std::string_view rest = piece_.substr(position_, end - position_);
        after_cr_ = end == next_cr_ && end + 1 == piece_.size();
        advance(end == next_cr_ && end + 1 == next_lf_ ? end + 2 : end + 1);
        if (!rest.empty() || !line_.empty() || skip_line_)
            end_line(rest);
        else if (auto event = dispatch())
            return event;
        if (over_limit_) return std::nullopt;
    }

    keep_unfinished_line();
    keep_views();
    return std::nullopt;
}

/// What nearly every event is, when nothing of it has been read yet: one data line and the empty one, both ended by LF.
std::optional<SseEvent> SseDecoder::whole_event() noexcept {
    constexpr std::string_view start = "data: ";
    const std::size_t lf = next_lf_;
    if (lf >= piece_.size() - 1 || piece_[lf + 1] != '\n' || next_cr_ < lf) return std::nullopt;
    const std::string_view line = piece_.substr(position_, lf - position_);
    if (!line.starts_with(start) || line.size() - start.size() - 1 >= max_event_bytes_) return std::nullopt;
    if (has_data_ || skip_line_ || !line_.empty() || !type().empty()) return std::nullopt;
    position_ = lf + 2;
    next_lf_ = position_ == piece_.size() ? npos : piece_.find('\n', position_);
    return SseEvent{{}, line.substr(start.size())};
}

std::optional<SseEvent> SseDecoder::finish() {
    if (delivered_) forget_event();
    if (!line_.empty()) end_line({});
    return dispatch();
}

void SseDecoder::pass_byte_order_mark() {
    for (; mark_bytes_ < byte_order_mark.size(); ++mark_bytes_, ++position_) {
        if (position_ == piece_.size()) return;
        if (piece_[position_] == byte_order_mark[mark_bytes_]) continue;
        line_ = byte_order_mark.substr(0, mark_bytes_);  // it only looked like one: the first line begins with it
        break;
    }
    mark_bytes_ = start_is_past;
}

void SseDecoder::advance(std::size_t to) noexcept {
    position_ = to;
    if (next_lf_ < to) next_lf_ = piece_.find('\n', to);
    if (next_cr_ < to) next_cr_ = piece_.find('\r', to);
}

/// `undecided`: `line` is too short to tell; at its end that means `ignored`.
SseDecoder::Line SseDecoder::parse(std::string_view line) noexcept {
    const std::size_t colon = line.substr(0, longest_field_name + 1).find(':');
    const std::string_view name = line.substr(0, colon);
    Line parsed;
    parsed.has_colon = colon != npos;
    if (name == "data")
        parsed.name = FieldName::data;
    else if (name == "event")
        parsed.name = FieldName::event;
    else if (name == "error")
        parsed.name = FieldName::error;
    else if (!parsed.has_colon && line.size() <= longest_field_name)
        parsed.name = FieldName::undecided;
    if (parsed.has_colon) parsed.value = line.substr(colon + 1);
    if (parsed.value.starts_with(' ')) parsed.value.remove_prefix(1);
    return parsed;
}

void SseDecoder::end_line(std::string_view rest) {
    if (std::exchange(skip_line_, false)) return;
    if (line_.empty()) return apply(parse(rest), true);
    line_.append(rest);
    apply(parse(line_), false);
    clear(line_);
}

/// Nothing is kept of a line that will be ignored, so that a comment of any length costs nothing.
void SseDecoder::keep_unfinished_line() {
    const std::string_view rest = piece_.substr(position_);
    position_ = piece_.size();
    if (rest.empty() || skip_line_) return;
    line_.append(rest);
    const Line line = parse(line_);
    if (line.name == FieldName::ignored) {
        skip_line_ = true;
        clear(line_);
    } else if (line.has_colon && !fits(line)) {
        give_up();
    }
}

bool SseDecoder::fits(const Line& line) const noexcept {
    const bool joined = has_data_ && line.name != FieldName::event;
    return line.value.size() <= max_event_bytes_ &&
           (!joined || data().size() + 1 <= max_event_bytes_ - line.value.size());
}

void SseDecoder::apply(const Line& line, bool in_piece) {
    switch (line.name) {
        case FieldName::undecided:
        case FieldName::ignored: return;
        case FieldName::data:
        case FieldName::event:
        case FieldName::error: break;
    }
    if (!fits(line)) return give_up();
    if (line.name == FieldName::data) return add_data(line.value, in_piece);
    if (line.name == FieldName::error) {
        type_view_ = "error";
        return add_data(line.value, in_piece);
    }
    type_view_ = {};
    type_.clear();
    if (in_piece)
        type_view_ = line.value;
    else
        type_ = line.value;
}

void SseDecoder::add_data(std::string_view value, bool in_piece) {
    if (has_data_) {
        keep_views();
        data_.append(1, '\n').append(value);
    } else if (in_piece) {
        data_view_ = value;
    } else {  // value lies in line_, which may be large: not copied a second time
        line_.erase(0, line_.size() - value.size());
        data_.swap(line_);
    }
    has_data_ = true;
}

/// The piece is about to go away, or more data will be joined.
void SseDecoder::keep_views() {
    if (!type_view_.empty()) type_ = std::exchange(type_view_, {});
    if (!data_view_.empty()) data_ = std::exchange(data_view_, {});
}

std::optional<SseEvent> SseDecoder::dispatch() noexcept {
    const SseEvent event{type(), data()};
    if (!has_data_ || (event.type.empty() && event.data.empty())) {
        forget_event();
        return std::nullopt;
    }
    delivered_ = true;
    return event;
}

void SseDecoder::forget_event() noexcept {
    delivered_ = has_data_ = false;
    type_view_ = data_view_ = {};
    clear(type_);
    clear(data_);
}

void SseDecoder::give_up() noexcept {
    forget_event();
    clear(line_);
    over_limit_ = true;
}

}  // namespace tokenweir::parsers
