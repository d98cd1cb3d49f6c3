// A state machine over the top level, byte by byte; strings and nested values are skipped sixty-four bytes at a time.
#include "parsers/request_scanner.hpp"

#include <algorithm>
#include <bit>
#include <cassert>
#include <new>
#include <utility>

#include "parsers/json_block.hpp"
#include "parsers/json_text.hpp"

namespace tokenweir::parsers {

namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
constexpr std::string_view count_only = "[]";
constexpr std::size_t max_key_bytes = 384;  // raw: a name of 64 characters, all of them written as \uXXXX

constexpr bool is_space(char c) noexcept { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

/// Numbers and words, NaN and Infinity among them as Python writes them.
constexpr bool is_scalar(char c) noexcept {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '+' ||
           c == '.';
}

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

/// One bit of 32, by which names that are not there are told from most that are.
std::uint32_t mark_of(std::string_view name) noexcept {
    return std::uint32_t{1} << ((name.size() * 5 + static_cast<unsigned char>(name.front())) % 32);
}

}  // namespace

WantedMembers::WantedMembers(std::initializer_list<std::string_view> names) : names_(names) {
    assert(names_.size() <= 64);
    for (std::size_t i = 0; i < names_.size(); ++i)
        beginning_with_[static_cast<unsigned char>(names_[i].front())] |= std::uint64_t{1} << i;
}

std::string_view WantedMembers::find(std::string_view key) const noexcept {
    if (key.empty()) return {};
    for (std::uint64_t left = beginning_with_[static_cast<unsigned char>(key.front())]; left != 0; left &= left - 1) {
        const std::string_view name = names_[static_cast<std::size_t>(std::countr_zero(left))];
        if (name.starts_with(key) && (name.size() == key.size() || name.substr(key.size()) == count_only)) return name;
    }
    return {};
}

void RequestScanner::feed(std::string_view piece) noexcept {
    const char* at = piece.data();
    const char* const end = at + piece.size();
    try {
        while (at != end) at = step(at, end);
    } catch (const std::bad_alloc&) {
        state_ = State::malformed;
    }
}

const ScannedMember* RequestScanner::member(std::string_view name) const noexcept {
    if ((marks_ & mark_of(name)) == 0) return nullptr;
    for (const Found& found : found_)
        if (found.name == name) return &found.member;
    return nullptr;
}

/// Consumes at least one byte of [at, end), or changes the state; returns where it stopped.
const char* RequestScanner::step(const char* at, const char* end) {
    const char c = *at;
    switch (state_) {
        case State::start: return start(at, end);
        case State::first_key:
        case State::next_key:
            if (is_space(c)) return at + 1;
            if (c == '"') return begin_key(at);
            return c == '}' && state_ == State::first_key ? to(State::end, at + 1) : to(State::malformed, end);
        case State::in_key: {
            const char* quote = skip_string(at, end);
            keep(between(at, quote));
            if (quote == end) return end;
            end_key();
            return quote + 1;
        }
        case State::colon:
            if (is_space(c)) return at + 1;
            return c == ':' ? to(State::value, at + 1) : to(State::malformed, end);
        case State::value: return is_space(c) ? at + 1 : begin_value(at, end);
        case State::in_string: return take_value(at, skip_string(at, end), end);
        case State::in_scalar: {
            const char* stop = std::find_if_not(at, end, is_scalar);
            keep(between(at, stop));
            if (stop != end) commit();
            return stop;
        }
        case State::array_start:
            if (c == ']') return take_value(at, at, end);
            if (!is_space(c)) {
                elements_ = 1;
                return to(State::in_container, at);
            }
            keep(between(at, at + 1));
            return at + 1;
        case State::in_container: return take_value(at, skip_container(at, end), end);
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

const char* RequestScanner::begin_key(const char* at) noexcept {
    text_.clear();
    keep_text_ = true;
    hashing_ = false;
    truncated_ = false;
    return to(State::in_key, at + 1);
}

void RequestScanner::end_key() {
    std::optional<std::string> unescaped;
    std::string_view key = text_;
    if (key.find('\\') != std::string_view::npos) {
        unescaped = unescape_json(key);
        key = unescaped ? std::string_view(*unescaped) : std::string_view();
    }
    const std::string_view name = truncated_ ? std::string_view() : members_->find(key);
    wanted_ = name.substr(0, key.size());
    keep_text_ = !name.empty() && name.size() == key.size();
    hashing_ = hash_ != nullptr && name.size() > key.size();
    text_.clear();
    state_ = State::colon;
}

const char* RequestScanner::begin_value(const char* at, const char* end) {
    truncated_ = false;
    escaped_ = 0;
    in_string_ = false;
    depth_ = 1;
    elements_ = 0;
    counting_ = *at == '[' && !wanted_.empty();
    if (is_scalar(*at)) return to(State::in_scalar, at);
    if (*at == '"')
        state_ = State::in_string;
    else if (*at == '{')
        state_ = State::in_container;
    else if (*at == '[')
        state_ = State::array_start;
    else
        return to(State::malformed, end);
    keep(between(at, at + 1));
    return at + 1;
}

/// `last` is the value's last byte, or `end` when it goes on in the next piece.
const char* RequestScanner::take_value(const char* at, const char* last, const char* end) {
    if (state_ == State::malformed) return end;
    const char* next = last == end ? end : last + 1;
    keep(between(at, next));
    if (last != end) commit();
    return next;
}

void RequestScanner::keep(std::string_view text) {
    if (hashing_) hash_->add(text);
    if (!keep_text_ || truncated_) return;
    truncated_ = text_.size() + text.size() > (state_ == State::in_key ? max_key_bytes : max_value_bytes);
    if (truncated_)
        std::string().swap(text_);
    else
        text_.append(text);
}

/// The value is complete. It replaces one of the same name.
void RequestScanner::commit() {
    state_ = State::after_value;
    if (wanted_.empty()) return;
    const auto same_name = [this](const Found& found) { return found.name == wanted_; };
    auto found = std::find_if(found_.begin(), found_.end(), same_name);
    if (found == found_.end()) {
        found_.push_front({.name = wanted_, .member = {}});
        found = found_.begin();
        marks_ |= mark_of(wanted_);
    }
    found->member = {.text = std::exchange(text_, {}),
                     .elements = counting_ ? std::optional(elements_) : std::nullopt,
                     .seen = true,
                     .truncated = truncated_};
}

/// The quote that ends the string, or `end`.
const char* RequestScanner::skip_string(const char* at, const char* end) noexcept {
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
