#include "parsers/json_document.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <charconv>
#include <cmath>
#include <limits>

#include "parsers/json_strings.hpp"
#include "parsers/json_text.hpp"

namespace tokenweir::parsers {

namespace {

/// What a thread keeps between documents.
struct Workspace {
    JsonStrings strings;
    bool in_use = false;
};

Workspace& workspace() {
    static thread_local Workspace instance;
    return instance;
}

constexpr std::string_view blanks = " \t\r\n";

/// What ends a number or a word.
constexpr auto ends_word = [] {
    std::array<bool, 256> table{};
    for (const char c : std::string_view(" \t\r\n{}[],:\"\\")) table[static_cast<unsigned char>(c)] = true;
    return table;
}();

// Brackets differ from braces in one bit, and both from what closes them by two.
bool opens(char c) noexcept { return (c | 0x20) == '{'; }
char closing(char opening) noexcept { return static_cast<char>(opening + 2); }

const char* skip_blanks(const char* at) noexcept {
    while (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t') ++at;
    return at;
}

/// A whole number that is certain to fit.
std::optional<std::int64_t> short_number(std::string_view digits) noexcept {
    std::int64_t value = 0;
    if (digits.empty() || digits.size() > 15) return std::nullopt;
    for (const char c : digits) {
        const unsigned digit = static_cast<unsigned char>(c) - unsigned{'0'};
        if (digit > 9) return std::nullopt;
        value = value * 10 + digit;
    }
    return value;
}

/// A count that is no short number, if it is one. Apart, so that the others do not pay for its room on the stack.
[[gnu::noinline]] std::optional<std::int64_t> odd_count(std::string_view text) noexcept {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) {
        const auto real = parse_number(text);
        if (!real || *real < 0 || *real > static_cast<double>(JsonValue::max_count)) return std::nullopt;
        value = std::llround(*real);
    }
    if (value < 0 || value > JsonValue::max_count) return std::nullopt;
    return value;
}

}  // namespace

void JsonValue::assign_to(std::string& text) const {
    if (!has_text()) return;
    const std::string_view raw = raw_string();
    if (raw.find('\\') == std::string_view::npos)
        text = raw;
    else if (auto unescaped = unescape_json(raw))
        text = std::move(*unescaped);
}

std::string JsonValue::as_text() const {
    std::string text;
    if (is_string())
        assign_to(text);
    else if (!is_null() && !is_object() && !is_array())
        text = text_;
    return text;
}

std::optional<double> JsonValue::number() const noexcept { return parse_number(text_); }

std::optional<std::int64_t> JsonValue::count() const noexcept {
    if (const auto value = short_number(text_)) return value;
    return odd_count(text_);
}

bool JsonValue::is_open() const noexcept { return text_.data() + 1 == document_->at_; }

std::string_view JsonValue::raw() const noexcept {
    if (!is_object() && !is_array()) return text_;
    const char* const end = document_->behind_containers(text_.data() + 1, 1);
    if (end == nullptr) document_->damage();
    return document_->damaged_ ? std::string_view() : std::string_view(text_.data(), end);
}

JsonMembers JsonValue::members() const noexcept {
    return is_object() && is_open() ? JsonMembers(*document_) : JsonMembers();
}

JsonElements JsonValue::elements() const noexcept {
    return is_array() && is_open() ? JsonElements(*document_) : JsonElements();
}

JsonItems::JsonItems(JsonDocument& document) noexcept : document_(&document), depth_(document.depth_) {}

inline bool JsonItems::next(char closing, std::string_view* key) noexcept {
    if (document_ == nullptr) return false;
    JsonDocument& document = *document_;
    if (document.depth_ != depth_ && !document.leave_inner(depth_)) return false;
    const char* at = skip_blanks(document.at_);
    if (begun_ && *at == ',') {
        at = skip_blanks(at + 1);
    } else if (*at == closing) {
        document_ = nullptr;
        document.leave(at + 1);
        return false;
    } else if (begun_) {
        return fail();
    }
    begun_ = true;
    if (key != nullptr) {
        if (*at != '"') return fail();
        const char* const quote = document.closing_quote(at);
        *key = {at + 1, quote};
        at = skip_blanks(quote + 1);
        if (*at != ':') return fail();
        at = skip_blanks(at + 1);
    }
    const char* end = at;
    if (opens(*at)) {
        ++end;
        ++document.depth_;
    } else {
        while (!ends_word[static_cast<unsigned char>(*end)]) ++end;
        if (end == at) {
            if (*at != '"') return fail();
            end = document.closing_quote(at) + 1;
        }
    }
    document.at_ = end;
    value_.document_ = document_;
    value_.text_ = {at, end};
    return true;
}

bool JsonItems::fail() noexcept {
    document_->damage();
    return false;
}

bool JsonMembers::next() noexcept { return JsonItems::next('}', &key_); }

bool JsonElements::next() noexcept { return JsonItems::next(']', nullptr); }

JsonDocument::JsonDocument(std::string_view text) : text_(text.data()), strings_(workspace().strings) {
    Workspace& ours = workspace();
    assert(!ours.in_use && "one document at a time per thread");
    const bool sound = ours.strings.find(text);
    at_ = text_ + std::min(text.find_first_not_of(blanks), text.size());
    end_ = text_ + (text.find_last_not_of(blanks) + 1);
    if (!sound || at_ >= end_ || !opens(*at_) || end_[-1] != closing(*at_)) damage();
    ours.in_use = true;
}

JsonDocument::~JsonDocument() {
    Workspace& ours = workspace();
    ours.in_use = false;
    ours.strings.trim();
}

/// Ends every walk: no container is as deep as that.
void JsonDocument::damage() noexcept {
    damaged_ = true;
    at_ = end_;
    depth_ = std::numeric_limits<std::size_t>::max();
}

/// `behind` the bracket that closes the innermost container. The outermost one's is the last of the text, no other is.
void JsonDocument::leave(const char* behind) noexcept {
    at_ = behind;
    if ((--depth_ == 0) != (at_ == end_)) damage();
}

/// Passes over what was not read of the containers inside those `depth`.
bool JsonDocument::leave_inner(std::size_t depth) noexcept {
    if (damaged_) return false;
    const char* const behind = behind_containers(at_, depth_ - depth);
    if (behind == nullptr || behind == end_) {
        damage();
        return false;
    }
    at_ = behind;
    depth_ = depth;
    return true;
}

const char* JsonDocument::behind_containers(const char* at, std::size_t depth) const noexcept {
    const std::size_t behind = strings_.behind_containers(static_cast<std::size_t>(at - text_), depth);
    return behind == JsonStrings::npos ? nullptr : text_ + behind;
}

JsonMembers JsonDocument::members() noexcept { return enter('{') ? JsonMembers(*this) : JsonMembers(); }

JsonElements JsonDocument::elements() noexcept { return enter('[') ? JsonElements(*this) : JsonElements(); }

bool JsonDocument::enter(char bracket) noexcept {
    if (at_ == end_ || depth_ != 0 || *at_ != bracket) return false;
    ++at_;
    ++depth_;
    return true;
}

}  // namespace tokenweir::parsers
