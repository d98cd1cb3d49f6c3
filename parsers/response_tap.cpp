#include "parsers/response_tap.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "parsers/json_text.hpp"
#include "parsers/request_tap.hpp"

namespace tokenweir::parsers {

namespace {

constexpr std::size_t max_error_bytes = std::size_t{64} << 10;  // of a body that only its error is wanted from

constexpr std::size_t kept_bytes = std::size_t{64} << 10;

/// The memory of the last document that this thread read.
std::string& spare_document() {
    static thread_local std::string text;
    return text;
}

std::string_view media_type(Fields fields) noexcept {
    std::string_view type = field_value(fields, "content-type");
    type = type.substr(0, type.find(';'));
    while (!type.empty() && type.back() == ' ') type.remove_suffix(1);
    return type;
}

bool is_stream(std::string_view type) noexcept {
    constexpr std::array streams{"text/event-stream", "application/x-ndjson", "application/stream+json",
                                 "application/vnd.amazon.eventstream"};
    return std::any_of(streams.begin(), streams.end(), [&](const char* known) { return iequals(type, known); });
}

std::optional<std::uint64_t> declared_length(Fields fields) noexcept {
    const std::string_view text = field_value(fields, "content-length");
    std::uint64_t length = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
    if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return length;
}

bool is_answer(OutputKind kind) noexcept {
    switch (kind) {
        case OutputKind::reasoning:
        case OutputKind::server_tool:
        case OutputKind::code: return false;
        case OutputKind::text:
        case OutputKind::tool_call:
        case OutputKind::refusal:
        case OutputKind::audio:
        case OutputKind::image:
        case OutputKind::transcript: return true;
    }
    return true;
}

}  // namespace

ResponseTap::ResponseTap(const ObserverOptions& options, LlmCall& call, const ObservedResponse& head, const Api& api,
                         bool decode, bool bodyless, ContentTap* content)
    : options_(options),
      call_(call),
      reader_(make_reader(head.status < 400 ? api.dialect : Dialect::none)),
      content_(content),
      dialect_(api.dialect),
      status_(head.status),
      has_reader_(reader_.index() != 0) {
    const std::string_view type = media_type(head.fields);
    labelled_events_ = iequals(type, "text/event-stream");
    call_.response_streamed = is_stream(type) && status_ < 400;
    if (!bodyless) declared_bytes_ = declared_length(head.fields);
    until_close_ = !bodyless && !declared_bytes_ && !find_field(head.fields, "transfer-encoding");  // RFC 9112 §6.3
    const bool wanted = has_reader_ || status_ >= 400;
    if (!decode || !wanted || bodyless) {
        framing_ = Framing::ignored;
        blind_ = true;
        return;
    }
    if (status_ >= 400) {
        const std::string_view amazon = field_value(head.fields, "x-amzn-errortype");
        amazon_error_ = amazon.substr(0, amazon.find(':'));
    }
    bool known = true;
    decoder_ = ContentDecoder::make(field_value(head.fields, "content-encoding"),
                                    {options.max_decoded_bytes, options.max_decoded_ratio}, known);
    if (!known) stop(Decoding::unknown_coding);
}

void ResponseTap::piece(std::string_view payload, Instant at) {
    if (framing_ == Framing::ignored) return;
    last_piece_ = at;
    if (!decoder_) return take(payload, at);
    const auto status = decoder_->feed(payload, [this, at](std::string_view block) { take(block, at); });
    if (status != DecodeStatus::ok) stop(decoding_of(status));
    if (framing_ == Framing::ignored) decoder_.reset();
}

/// A piece of the body with its coding undone.
void ResponseTap::take(std::string_view bytes, Instant at) {
    if (framing_ == Framing::undecided) bytes = decide(bytes);
    switch (framing_) {
        case Framing::undecided:
        case Framing::ignored: return;
        case Framing::events: return take_events(bytes, at);
        case Framing::document: return take_document(bytes);
    }
}

/// The first byte that is no white space tells what came, whatever the content type says: servers answer a request for
/// a stream with plain JSON, and label streams as JSON. Returns what is left to take.
std::string_view ResponseTap::decide(std::string_view bytes) {
    constexpr std::string_view blank = " \t\r\n\xEF\xBB\xBF";  // a byte order mark too
    const auto first = bytes.find_first_not_of(blank);
    if (first == std::string_view::npos) return {};
    const char c = bytes[first];
    if (c == '{' || c == '[') {
        framing_ = Framing::document;
    } else if (status_ < 400 && (labelled_events_ || c == ':' || c == 'd' || c == 'e' || c == 'i' || c == 'r')) {
        framing_ = Framing::events;
        events_ = std::make_unique<Events>(options_.max_event_bytes);
    } else {
        if (status_ < 400) stop(Decoding::malformed);  // else a gateway's HTML or a plain word
        framing_ = Framing::ignored;
        return {};
    }
    call_.response_streamed = framing_ == Framing::events;
    return bytes.substr(first);
}

void ResponseTap::take_events(std::string_view bytes, Instant at) {
    SseDecoder& decoder = events_->decoder;
    decoder.feed(bytes);
    while (const auto event = decoder.next()) read_event(*event, at, false);
    if (decoder.over_limit()) stop(Decoding::over_limit);
}

void ResponseTap::read_event(const SseEvent& event, Instant at, bool last) {
    if (content_ != nullptr) content_->output(dialect_, event.data);
    if (const auto kind = events_->memos.recall(event.type, event.data)) return note_output(*kind, at);
    const EventReading reading = std::visit([&](auto& reader) { return reader.read_event(event, call_); }, reader_);
    if (!reading.readable) {
        if (last) return;  // it may just be cut short
        note(call_.decoding, Decoding::malformed);
        damaged_ = true;
        return;
    }
    if (!reading.output) return;
    note_output(*reading.output, at);
    events_->memos.learn(event.type, event.data, reading.holes, *reading.output);
}

void ResponseTap::note_output(OutputKind kind, Instant at) noexcept {
    Timings& timings = call_.timings;
    if (last_output_) {
        if (!timings.first_stall && Seconds(at - *last_output_).count() > options_.stall_seconds)
            timings.first_stall = last_output_;
        call_.gaps.add(Seconds(at - *last_output_).count(), options_.stall_seconds);
    } else {
        timings.first_token = at;
        call_.first_token_kind = kind;
    }
    if (!timings.first_answer && is_answer(kind)) timings.first_answer = at;
    last_output_ = at;
    ++call_.output_events;
}

void ResponseTap::take_document(std::string_view bytes) {
    const std::size_t limit =
        has_reader_ ? options_.max_event_bytes : std::min(max_error_bytes, options_.max_event_bytes);
    if (document_.size() + bytes.size() > limit) return stop(Decoding::over_limit);
    if (document_.empty()) document_ = std::move(spare_document());
    document_.append(bytes);
}

bool ResponseTap::terminal() const noexcept {
    return std::visit([](const auto& reader) { return reader.terminal(); }, reader_);
}

bool ResponseTap::usage_is_final(bool ok) const noexcept {
    const bool said = std::visit([](const auto& reader) { return reader.usage_is_final(); }, reader_);
    return said || (ok && !damaged_ && !blind_);
}

void ResponseTap::close(EndFacts& facts) {
    if (framing_ == Framing::events) {
        if (const auto event = events_->decoder.finish()) read_event(*event, last_piece_, true);
        if (events_->decoder.over_limit()) stop(Decoding::over_limit);
    }
    facts.cut_short = declared_bytes_ && call_.response_body_bytes < *declared_bytes_;
    if (declared_bytes_ && !facts.cut_short) facts.completeness = Completeness::whole;
    if (framing_ == Framing::document) read_document(facts);
    if (framing_ == Framing::undecided && until_close_ && decoder_ && !decoder_->at_end())
        facts.completeness = Completeness::partial;  // cut before the first byte could be told
    std::visit([this](auto& reader) { reader.report(call_); }, reader_);
    if (!error_)
        error_ = std::visit([](const auto& reader) { return std::optional<ProviderError>(reader.error()); }, reader_);
    facts.error = error_;
    facts.output_seen = last_output_ || (blind_ && call_.response_body_bytes > 0);
    // A stream tells by its own end whether it is whole, as far as it could be read.
    const bool streamed = framing_ == Framing::events || (framing_ == Framing::undecided && labelled_events_);
    if (streamed && !blind_) {
        const bool complete = std::visit([](const auto& reader) { return reader.complete(); }, reader_);
        const bool ended = facts.cause == EndCause::complete ? complete : terminal();
        const bool unsure = damaged_ && !ended;
        facts.completeness = unsure ? Completeness::unknown : ended ? Completeness::whole : Completeness::partial;
    }
}

void ResponseTap::read_document(EndFacts& facts) {
    bool readable = true;
    if (status_ >= 400) {
        error_ = read_error(document_);
        readable = error_.has_value();
        if (error_ && error_->type.empty()) error_->type = amazon_error_;
    } else {
        readable = std::visit([this](auto& reader) { return reader.read_document(document_, call_); }, reader_);
    }
    damaged_ = !readable;
    if (!readable && facts.cause == EndCause::complete) {
        if (until_close_ && is_unfinished(document_))
            facts.completeness = Completeness::partial;  // the upstream died, and nothing else tells
        else
            note(call_.decoding, Decoding::malformed);
    }
    if (readable && facts.cause == EndCause::client_gone) facts.completeness = Completeness::whole;
    if (content_ != nullptr && readable && status_ < 400) content_->output(dialect_, document_);
    document_.clear();
    if (document_.capacity() <= kept_bytes) spare_document() = std::move(document_);
}

void ResponseTap::stop(Decoding damage) noexcept {
    note(call_.decoding, damage);
    give_up();
}

void ResponseTap::give_up() noexcept {
    framing_ = Framing::ignored;
    blind_ = true;
    std::string().swap(document_);  // an empty assignment would keep its memory
    events_.reset();
}

}  // namespace tokenweir::parsers
