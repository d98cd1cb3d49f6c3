// A state machine over the top level, byte by byte; strings and nested values are skipped sixty-four bytes at a time.
#include "parsers/request_scanner.hpp"

#include <algorithm>
#include <bit>
#include <new>
#include <utility>

#include "parsers/json_block.hpp"
#include "parsers/json_text.hpp"

namespace tokenweir::parsers {

namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
constexpr std::ptrdiff_t short_string_bytes = 32;
constexpr std::size_t usual_members = 8;    // that are found
constexpr std::size_t max_key_bytes = 384;  // raw: a name of 64 characters, all of them written as \uXXXX

constexpr bool is_space(char c) noexcept { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

/// Numbers and words, NaN and Infinity among them as Python writes them.
constexpr std::array<bool, 256> scalars = [] {
    std::array<bool, 256> made{};
    for (const char c : std::string_view("-+.0123456789")) made[static_cast<unsigned char>(c)] = true;
    for (unsigned char c = 'a'; c <= 'z'; ++c) made[c] = made[c - 'a' + 'A'] = true;
    return made;
}();

constexpr bool is_scalar(char c) noexcept { return scalars[static_cast<unsigned char>(c)]; }

std::string_view between(const char* from, const char* to) noexcept {
    return {from, static_cast<std::size_t>(to - from)};
}

/// The next block of [at, end): in place when it is full, else copied and filled up with spaces.
class Block {
public:
    Block(const char* at, const char* end) noexcept
        : size(std::min(static_cast<std::size_t>(end - at), json_block_bytes)) {
        if (size == json_block_bytes) {
            bytes = at;
        } else {
            std::memset(filled_up_, ' ', sizeof filled_up_);
            std::memcpy(filled_up_, at, size);
            bytes = filled_up_;
        }
    }

    std::size_t size;
    const char* bytes;

private:
    char filled_up_[json_block_bytes];
};

/// The quotes of a block that are not escaped; `escaped` carries over from block to block.
std::uint64_t unescaped_quotes(const Block& block, std::uint64_t& escaped) noexcept {
    const QuoteMasks masks = quote_masks(block.bytes);
    const std::uint64_t mask = escaped_mask(masks.backslashes, escaped);
    if (block.size < json_block_bytes) escaped = mask >> block.size & 1;
    return masks.quotes & ~mask;
}

/// Inside a string: passes the blocks that can neither end it nor escape a byte of the next one. Most of a prompt.
const char* skip_plain(const char* at, const char* end, std::uint64_t& escaped) noexcept {
    while (static_cast<std::size_t>(end - at) >= json_block_bytes && at[json_block_bytes - 1] != '\\' &&
           !has_quote(at)) {
        escaped = 0;
        at += json_block_bytes;
    }
    return at;
}

}  // namespace

void RequestScanner::feed(std::string_view piece) noexcept {
    const char* at = piece.data();
    const char* const end = at + piece.size();
    try {
        while (at != end) at = step(at, end);
    } catch (const std::bad_alloc&) {
        state_ = State::malformed;
    }
}

/// Consumes at least one byte of [at, end), or changes the state; returns where it stopped.
inline const char* RequestScanner::step(const char* at, const char* end) {
    const char c = *at;
    switch (state_) {
        case State::start: return start(at, end);
        case State::first_key:
        case State::next_key:
            if (is_space(c)) return at + 1;
            if (c == '"') return take_key(at + 1, end);
            return c == '}' && state_ == State::first_key ? to(State::end, at + 1) : to(State::malformed, end);
        case State::in_key: return take_key(at, end);
        case State::colon:
            if (is_space(c)) return at + 1;
            return c == ':' ? to(State::value, at + 1) : to(State::malformed, end);
        case State::value: return is_space(c) ? at + 1 : begin_value(at, end);
        case State::in_string:
        case State::in_scalar:
        case State::array_start:
        case State::in_container: return take_value(at, at, end);
        case State::after_value:
            if (is_space(c)) return at + 1;
            if (c == ',') return to(State::next_key, at + 1);
            return c == '}' ? to(State::end, at + 1) : to(State::malformed, end);
        case State::end: return is_space(c) ? at + 1 : to(State::malformed, end);
        case State::malformed: return end;
    }
    return end;
}

const char* RequestScanner::to(State state, const char* at) noexcept {
    state_ = state;
    return at;
}

const char* RequestScanner::start(const char* at, const char* end) noexcept {
    if (mark_bytes_ < byte_order_mark.size() && *at == byte_order_mark[mark_bytes_]) {
        ++mark_bytes_;
        return at + 1;
    }
    if (mark_bytes_ != 0 && mark_bytes_ != byte_order_mark.size()) return to(State::malformed, end);
    mark_bytes_ = byte_order_mark.size();  // no mark may follow
    if (is_space(*at)) return at + 1;
    return *at == '{' ? to(State::first_key, at + 1) : to(State::malformed, end);
}

/// `at` is behind the opening quote or wherever the piece before ended.
const char* RequestScanner::take_key(const char* at, const char* end) {
    const char* const quote = skip_string(at, end);
    const std::string_view part = between(at, quote);
    if (quote != end && state_ != State::in_key && part.size() <= max_key_bytes) {
        choose_member(part);  // nearly always: nothing needs to be copied
        return quote + 1;
    }
    state_ = State::in_key;
    keep(part, max_key_bytes);
    if (quote == end) return end;
    choose_member(truncated_ ? std::string_view() : text_);
    return quote + 1;
}

void RequestScanner::choose_member(std::string_view key) {
    std::size_t place = members_->find(key);
    if (place == WantedMembers::none && key.find('\\') != std::string_view::npos)
        place = members_->find(unescape_json(key).value_or(std::string()));
    place_ = static_cast<std::uint8_t>(place);
    text_.clear();
    truncated_ = false;
    state_ = State::colon;
}

const char* RequestScanner::begin_value(const char* at, const char* end) {
    in_string_ = false;
    depth_ = 1;
    elements_ = 0;
    counting_ = *at == '[' && place_ != WantedMembers::none;
    switch (*at) {
        case '"': state_ = State::in_string; break;
        case '{': state_ = State::in_container; break;
        case '[': state_ = State::array_start; break;
        default:
            if (!is_scalar(*at)) return to(State::malformed, end);
            state_ = State::in_scalar;
    }
    return take_value(at, at + 1, end);
}

/// What this piece has of the value: it is kept from `from` on and looked at from `at` on.
const char* RequestScanner::take_value(const char* from, const char* at, const char* end) {
    if (state_ == State::array_start) {
        at = std::find_if_not(at, end, is_space);
        if (at != end && *at != ']') {
            elements_ = 1;
            state_ = State::in_container;
        }
    }
    if (state_ == State::in_string) at = skip_string(at, end);
    if (state_ == State::in_container) at = skip_container(at, end);
    if (state_ == State::in_scalar) at = std::find_if_not(at, end, is_scalar);
    if (state_ == State::malformed) return end;
    const bool ended = at != end;
    if (ended && state_ != State::in_scalar) ++at;  // the closing quote or bracket is part of it
    std::string_view part = between(from, at);
    if (place_ == WantedMembers::none) {
        part = {};
    } else if (members_->is_only_counted(place_)) {
        if (hash_ != nullptr) hash_->add(part);
        part = {};
    }
    ended ? commit(part) : keep(part, max_value_bytes);
    return at;
}

void RequestScanner::keep(std::string_view text, std::size_t max_bytes) {
    if (truncated_) return;
    truncated_ = text_.size() + text.size() > max_bytes;
    if (truncated_)
        std::string().swap(text_);
    else
        text_.append(text);
}

/// The value is complete with its last piece. It replaces one of the same name.
void RequestScanner::commit(std::string_view last) {
    state_ = State::after_value;
    if (place_ == WantedMembers::none) return;
    const std::uint64_t bit = std::uint64_t{1} << place_;
    const bool again = (seen_ & bit) != 0;
    if (found_.empty()) found_.reserve(usual_members);
    Found& found = again ? *std::ranges::find(found_, place_, &Found::place) : found_.emplace_back();
    found.place = place_;
    seen_ |= bit;
    ScannedMember& member = found.member;
    if (text_.empty() && !truncated_ && last.size() <= max_value_bytes) {
        member.text = last;  // nearly always: there was no piece before it
    } else {
        keep(last, max_value_bytes);
        member.text.swap(text_);
        text_.clear();
    }
    member.elements = counting_ ? std::optional(elements_) : std::nullopt;
    member.truncated = std::exchange(truncated_, false);
}

/// The quote that ends the string, or `end`.
inline const char* RequestScanner::skip_string(const char* at, const char* end) noexcept {
    if (escaped_ == 0) {  // most of these strings are short: keys, and the name of the model
        at = skip_to_special(at, at + std::min<std::ptrdiff_t>(end - at, short_string_bytes));
        if (at != end && *at == '"') return at;
    }
    return skip_long_string(at, end);
}

const char* RequestScanner::skip_long_string(const char* at, const char* end) noexcept {
    while ((at = skip_plain(at, end, escaped_)) != end) {
        const Block block(at, end);
        const std::uint64_t quotes = unescaped_quotes(block, escaped_);
        if (quotes != 0) {
            escaped_ = 0;
            return at + std::countr_zero(quotes);
        }
        at += block.size;
    }
    return end;
}

/// The bracket that ends the value, or `end`. Brackets are counted, not matched: what is behind a wrong one is the
/// server's business, and no byte is ever read twice.
const char* RequestScanner::skip_container(const char* at, const char* end) noexcept {
    while (at != end) {
        if (in_string_ && (at = skip_plain(at, end, escaped_)) == end) return end;
        const Block block(at, end);
        const std::uint64_t quotes = unescaped_quotes(block, escaped_);
        if (quotes == 0 && in_string_) {
            at += block.size;
            continue;
        }
        const std::uint64_t strings = between_quotes(quotes) ^ (in_string_ ? ~std::uint64_t{0} : 0);
        in_string_ = (strings >> (block.size - 1) & 1) != 0;

        const StructureMasks masks = structure_masks(block.bytes);
        const std::uint64_t open = masks.open & ~strings;
        std::uint64_t commas = counting_ ? masks.commas & ~strings : 0;
        for (std::uint64_t brackets = open | (masks.close & ~strings); brackets != 0; brackets &= brackets - 1) {
            const std::uint64_t bracket = brackets & -brackets;
            if (depth_ == 1) elements_ += std::popcount(commas & (bracket - 1));
            commas &= -bracket;  // those before it are dealt with
            if (open & bracket) {
                if (++depth_ == max_depth) return to(State::malformed, end);
            } else if (--depth_ == 0) {
                escaped_ = 0;
                return at + std::countr_zero(bracket);
            }
        }
        if (depth_ == 1) elements_ += std::popcount(commas);
        at += block.size;
    }
    return end;
}

}  // namespace tokenweir::parsers
