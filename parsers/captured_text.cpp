#include "parsers/captured_text.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "observation/utf8.hpp"

namespace tokenweir::parsers {

namespace {

constexpr std::string_view base64_mark = ";base64,";
constexpr std::size_t longest_type = 256;  // of a data URL, up to its comma

constexpr std::uint8_t no_value = 0xFF;

constexpr std::array<std::uint8_t, 256> make_values() noexcept {
    std::array<std::uint8_t, 256> values{};
    values.fill(no_value);
    constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (std::size_t i = 0; i < alphabet.size(); ++i)
        values[static_cast<unsigned char>(alphabet[i])] = static_cast<std::uint8_t>(i);
    values['-'] = values['+'];
    values['_'] = values['/'];
    return values;
}

constexpr std::array<std::uint8_t, 256> values = make_values();

/// What may be base64: the text behind a data URL's head.
std::string_view payload_in(std::string_view raw) noexcept {
    if (!raw.starts_with("data:")) return raw;
    const auto mark = raw.substr(0, longest_type).find(base64_mark);
    return mark == std::string_view::npos ? raw : raw.substr(mark + base64_mark.size());
}

/// Without the code point at the end of which the rest is missing.
std::string_view without_half(std::string_view raw) noexcept {
    for (std::size_t back = 1; back <= 4 && back <= raw.size(); ++back) {
        const std::string_view last = raw.substr(raw.size() - back);
        if ((static_cast<unsigned char>(last[0]) & 0xC0) == 0x80) continue;
        return utf8_step(last).well_formed ? raw : raw.substr(0, raw.size() - back);
    }
    return raw;
}

/// How long the unit at the front is: a byte, an escape, or an escaped surrogate pair; 0: it is not whole.
std::size_t unit_size(std::string_view raw) noexcept {
    if (raw[0] != '\\') return 1;
    if (raw.size() < 2) return 0;
    if (raw[1] != 'u') return 2;
    if (raw.size() < 6) return 0;
    const bool is_high =
        (raw[2] == 'd' || raw[2] == 'D') && std::string_view("89abAB").find(raw[3]) != std::string_view::npos;
    if (!is_high) return 6;
    return raw.size() < 12 ? 0 : raw[6] == '\\' && raw[7] == 'u' ? 12 : 6;
}

}  // namespace

void PayloadDigest::add(std::string_view raw) noexcept {
    for (const char c : raw) put(c);
}

void PayloadDigest::put(char c) noexcept {
    if (std::exchange(escaped_, c == '\\' && !escaped_)) {
        if (c == 'n' || c == 'r') return;
        valid_ = valid_ && c == '/';
    } else if (c == '\\') {
        return;
    }
    if (c == '=' || c == '\n' || c == '\r') {
        if (c == '=') bits_ = 0;  // pieces may be padded one by one
        return;
    }
    const std::uint8_t value = values[static_cast<unsigned char>(c)];
    valid_ = valid_ && value != no_value;
    if (!valid_) return;
    held_ = held_ << 6 | value;
    bits_ += 6;
    if (bits_ < 8) return;
    bits_ -= 8;
    const char byte = static_cast<char>(held_ >> bits_ & 0xFF);
    hash_.add({&byte, 1});
    ++bytes_;
}

std::optional<Payload> PayloadDigest::finish() const {
    if (!valid_ || bytes_ == 0) return std::nullopt;
    Sha256 hash = hash_;
    return Payload{bytes_, to_hex(hash.finish())};
}

void CapturedText::add(std::string_view raw, std::size_t max_kept, const KeyedHash& hash) {
    bytes_ += raw.size();
    if (!rest_) {
        if (kept_.size() + raw.size() <= max_kept) {
            kept_ += raw;
            return;
        }
        const std::string_view head = raw.substr(0, max_kept - std::min(max_kept, kept_.size()));
        kept_ += head;
        raw.remove_prefix(head.size());
        rest_.emplace(Rest{hash.begin(), {}});
        rest_->keyed.add(kept_);
        rest_->payload.add(payload_in(kept_));
    }
    rest_->keyed.add(raw);
    rest_->payload.add(raw);
}

std::string_view CapturedText::kept() const noexcept {
    if (whole()) return kept_;
    const std::string_view raw = without_half(kept_);
    std::size_t end = 0;
    while (end < raw.size()) {
        const std::size_t unit = unit_size(raw.substr(end));
        if (unit == 0) break;
        end += unit;
    }
    return raw.substr(0, end);
}

std::string CapturedText::take_kept() {
    const std::size_t end = kept().size();
    kept_.resize(end);
    return std::exchange(kept_, {});
}

std::string CapturedText::hash(const KeyedHash& hash) const { return rest_ ? hash.finish(rest_->keyed) : hash(kept_); }

std::optional<Payload> CapturedText::payload() const {
    if (rest_) return rest_->payload.finish();
    PayloadDigest digest;
    digest.add(payload_in(kept_));
    return digest.finish();
}

std::string_view data_url_type(std::string_view raw) noexcept {
    if (!raw.starts_with("data:")) return {};
    raw = raw.substr(5, longest_type);
    const auto end = raw.find_first_of(";,");
    return end == std::string_view::npos ? std::string_view() : raw.substr(0, end);
}

}  // namespace tokenweir::parsers
