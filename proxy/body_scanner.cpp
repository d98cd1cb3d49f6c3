#include "proxy/body_scanner.hpp"

#include <array>

#include "observation/field.hpp"
#include "proxy/http_chars.hpp"

namespace tokenweir::proxy {

namespace {

/// FNV-1a, 64 bits. A trailer's name may come in pieces and the scanner keeps none, so the name is compared by its
/// hash; another name with the same hash would be refused, never let through.
constexpr std::uint64_t hash_start = 14695981039346656037ULL;
constexpr std::uint64_t hash_step(std::uint64_t hash, char c) noexcept {
    return (hash ^ static_cast<unsigned char>(ascii_lower(c))) * 1099511628211ULL;
}

/// What a recipient needs before the content, so that it has no place behind it (RFC 9110 §6.5.1): a hop that merged
/// such a trailer into the head would frame, route, authenticate or decode the message differently than this one did.
constexpr std::string_view forbidden_trailers =
    // framing, and what is for one hop
    "content-length transfer-encoding trailer te connection keep-alive proxy-connection upgrade http2-settings "
    // routing
    "host max-forwards forwarded x-forwarded-for x-forwarded-host x-forwarded-proto "
    // request modifiers
    "expect cache-control pragma range if-match if-none-match if-modified-since if-unmodified-since if-range "
    // credentials
    "authorization proxy-authorization proxy-authenticate www-authenticate cookie set-cookie "
    "x-api-key api-key x-goog-api-key "
    // what the content is
    "content-type content-encoding content-range";

constexpr auto forbidden_hashes = [] {
    std::array<std::uint64_t, std::count(forbidden_trailers.begin(), forbidden_trailers.end(), ' ') + 1> hashes{};
    hashes.fill(hash_start);
    std::size_t name = 0;
    for (const char c : forbidden_trailers) {
        if (c == ' ') {
            ++name;
        } else {
            hashes[name] = hash_step(hashes[name], c);
        }
    }
    return hashes;
}();

bool is_forbidden_trailer(std::uint64_t name) noexcept {
    return std::find(forbidden_hashes.begin(), forbidden_hashes.end(), name) != forbidden_hashes.end();
}

std::uint32_t clamp(std::size_t limit) noexcept {
    return static_cast<std::uint32_t>(std::min<std::size_t>(limit, std::numeric_limits<std::uint32_t>::max()));
}

}  // namespace

BodyScanner::BodyScanner(Framing framing, const ChunkLimits& limits) noexcept
    : trailer_fields_left_(clamp(limits.trailer_fields)),
      left_(framing.length),
      extension_limit_(clamp(limits.extension_bytes_per_chunk)),
      extension_left_(clamp(limits.extension_bytes)),
      trailer_left_(clamp(limits.trailer_bytes)) {
    switch (framing.kind) {
        case Framing::Kind::none: break;
        case Framing::Kind::length: state_ = framing.length > 0 ? State::length : State::done; break;
        case Framing::Kind::chunked: state_ = State::size_start; break;
        case Framing::Kind::until_close:
            state_ = State::until_close;
            left_ = std::numeric_limits<std::uint64_t>::max();
            break;
    }
}

std::size_t BodyScanner::scan_framing(std::string_view piece, std::size_t at) noexcept {
    if (const std::size_t data = pass_plain_size(piece, at); data != at) return data;
    while (at < piece.size() && state_ > State::data) step(piece[at++]);
    return at;
}

std::size_t BodyScanner::pass_plain_size(std::string_view piece, std::size_t at) noexcept {
    constexpr std::size_t most_digits = 8;
    constexpr std::size_t longest = 2 + most_digits + 2;
    if ((state_ != State::data_cr && state_ != State::size_start) || piece.size() - at < longest) return at;
    const char* next = piece.data() + at;
    if (state_ == State::data_cr) {
        if (next[0] != '\r' || next[1] != '\n') return at;
        next += 2;
    }
    const char* const digits = next;
    std::uint64_t size = 0;
    while (next != digits + most_digits && chars::is(*next, chars::hex)) size = size << 4 | chars::hex_value(*next++);
    if (size == 0 || next[0] != '\r' || next[1] != '\n') return at;
    left_ = size;
    state_ = State::data;
    return static_cast<std::size_t>(next + 2 - piece.data());
}

void BodyScanner::fail(const char* error) noexcept {
    state_ = State::failed;
    error_ = error;
}

void BodyScanner::step(char c) noexcept {
    switch (state_) {
        case State::done:
        case State::failed:
        case State::length:
        case State::until_close:
        case State::data: return;  // not framing
        case State::data_cr:
            if (c != '\r') return fail("chunk data is not followed by CRLF");
            state_ = State::data_lf;
            return;
        case State::data_lf:
            if (c != '\n') return fail("chunk data is not followed by CRLF");
            state_ = State::size_start;
            return;
        case State::size_start:
        case State::size:
        case State::size_lf: return step_size(c);
        case State::size_blank:
        case State::extension_start:
        case State::extension_name:
        case State::extension_name_blank:
        case State::extension_value_start:
        case State::extension_value:
        case State::extension_quoted:
        case State::extension_escape:
        case State::extension_quoted_end: return step_extension(c);
        case State::trailer_start:
        case State::trailer_name:
        case State::trailer_value:
        case State::trailer_lf:
        case State::end_lf: return step_trailer(c);
    }
}

/// chunk-size = 1*HEXDIG (RFC 9112 §7.1); here at most 16 of them, and below 2^63, so that no counter anywhere can
/// wrap.
void BodyScanner::step_size(char c) noexcept {
    if (state_ == State::size_lf) {
        if (c != '\n') return fail("a chunk-size line holds a CR that is not followed by LF");
        state_ = left_ == 0 ? State::trailer_start : State::data;
        return;
    }
    if (chars::is(c, chars::hex)) {
        if (state_ == State::size_start) {
            state_ = State::size;
            left_ = 0;
            size_digits_ = 0;
        }
        if (++size_digits_ > 16 || (left_ >> 59) != 0) return fail("a chunk size does not fit in 63 bits");
        left_ = left_ << 4 | chars::hex_value(c);
        return;
    }
    if (state_ == State::size_start) return fail("a chunk does not begin with its size in hexadecimal digits");
    if (c == '\r') {
        state_ = State::size_lf;
        return;
    }
    chunk_extension_left_ = extension_limit_;
    state_ = State::size_blank;
    step_extension(c);
}

/// chunk-ext = *( BWS ";" BWS chunk-ext-name [ BWS "=" BWS chunk-ext-val ] ) (RFC 9112 §7.1.1). White space at the end
/// of the line is not in the grammar, and neither is CR or LF in a quoted string: the end of the line is never in
/// doubt.
void BodyScanner::step_extension(char c) noexcept {
    if (c == '\r') {
        const bool may_end = state_ == State::extension_name || state_ == State::extension_value ||
                             state_ == State::extension_quoted_end;
        if (!may_end) return fail("a chunk-size line ends inside white space or an unfinished extension");
        state_ = State::size_lf;
        return;
    }
    if (chunk_extension_left_ == 0 || extension_left_ == 0) return fail("too many bytes of chunk extensions");
    --chunk_extension_left_;
    --extension_left_;
    state_ = after_extension_byte(state_, c);
    if (state_ == State::failed) fail("a chunk extension is malformed");
}

BodyScanner::State BodyScanner::after_extension_byte(State state, char c) noexcept {
    const bool blank = chars::is(c, chars::blank);
    const bool token = chars::is(c, chars::token);
    switch (state) {
        case State::extension_start: return blank ? state : token ? State::extension_name : State::failed;
        case State::extension_name:
            if (token) return state;
            [[fallthrough]];
        case State::extension_name_blank:
            if (blank) return State::extension_name_blank;
            if (c == '=') return State::extension_value_start;
            return c == ';' ? State::extension_start : State::failed;
        case State::extension_value_start:
            if (blank) return state;
            if (c == '"') return State::extension_quoted;
            return token ? State::extension_value : State::failed;
        case State::extension_quoted:
            if (c == '"') return State::extension_quoted_end;
            if (c == '\\') return State::extension_escape;
            return chars::is(c, chars::text) ? state : State::failed;
        case State::extension_escape: return chars::is(c, chars::text) ? State::extension_quoted : State::failed;
        case State::extension_value:
            if (token) return state;
            [[fallthrough]];
        case State::extension_quoted_end:
            if (blank) return State::size_blank;
            return c == ';' ? State::extension_start : State::failed;
        case State::size_blank: return blank ? state : c == ';' ? State::extension_start : State::failed;
        case State::done:
        case State::failed:
        case State::length:
        case State::until_close:
        case State::data:
        case State::data_cr:
        case State::data_lf:
        case State::size_start:
        case State::size:
        case State::size_lf:
        case State::trailer_start:
        case State::trailer_name:
        case State::trailer_value:
        case State::trailer_lf:
        case State::end_lf: break;
    }
    return State::failed;
}

/// trailer-section = *( field-line CRLF ) (RFC 9112 §7.1.2), with the grammar that heads have.
void BodyScanner::step_trailer(char c) noexcept {
    if (state_ == State::end_lf) {
        if (c != '\n') return fail("the chunked body does not end with CRLF");
        state_ = State::done;
        return;
    }
    if (state_ == State::trailer_start && c == '\r') {
        state_ = State::end_lf;
        return;
    }
    if (trailer_left_ == 0) return fail("the trailer section is too large");
    --trailer_left_;
    if (state_ == State::trailer_start) {
        if (!chars::is(c, chars::token)) return fail("a trailer line does not begin with a field name");
        if (trailer_fields_left_ == 0) return fail("too many trailer fields");
        --trailer_fields_left_;
        state_ = State::trailer_name;
        trailer_name_ = hash_step(hash_start, c);
    } else if (state_ == State::trailer_name) {
        if (chars::is(c, chars::token)) {
            trailer_name_ = hash_step(trailer_name_, c);
        } else if (c != ':') {
            fail("a trailer's field name is not a token that ends with a colon");
        } else if (is_forbidden_trailer(trailer_name_)) {
            fail("a trailer names a field that has no place behind the content (RFC 9110 section 6.5.1)");
        } else {
            state_ = State::trailer_value;
        }
    } else if (state_ == State::trailer_value) {
        if (c == '\r') {
            state_ = State::trailer_lf;
        } else if (!chars::is(c, chars::text)) {
            fail("a trailer's value holds a control byte, or its line ends in LF without CR");
        }
    } else {
        if (c != '\n') return fail("a trailer's value holds a CR");
        state_ = State::trailer_start;
    }
}

}  // namespace tokenweir::proxy
