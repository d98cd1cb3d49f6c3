#include "parsers/shape_memo.hpp"

#include <algorithm>
#include <cstring>

#include "parsers/json_text.hpp"

namespace tokenweir::parsers {

namespace {

constexpr std::uint32_t patience = 16;  // shapes learned in vain before a call's events count as all different

bool is_hex(char c) noexcept { return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f'); }

/// The bytes of the escape at `at`, 0 when it is none (RFC 8259 §7).
std::size_t escape_size(const char* at, const char* end) noexcept {
    if (end - at < 2) return 0;
    if (at[1] != 'u') return std::strchr("\"\\/bfnrt", at[1]) != nullptr && at[1] != '\0' ? 2 : 0;
    return end - at >= 6 && std::all_of(at + 2, at + 6, is_hex) ? 6 : 0;
}

/// The quote that ends the string whose inside begins at `at`; nullptr when there is none or the inside is not valid.
const char* string_end(const char* at, const char* end) noexcept {
    at = skip_to_special(at, end);
    while (at != end) {
        const auto c = static_cast<unsigned char>(*at);
        if (c == '"') return at;
        if (c < 0x20) return nullptr;
        if (c != '\\') {
            ++at;
            continue;
        }
        const std::size_t size = escape_size(at, end);
        if (size == 0) return nullptr;
        at = skip_to_special(at + size, end);
    }
    return nullptr;
}

/// Equal but for spaces.
bool same_punctuation(std::string_view a, std::string_view b) noexcept {
    const auto skip = [](std::string_view& text) {
        const auto next = text.find_first_not_of(' ');
        text.remove_prefix(next == std::string_view::npos ? text.size() : next);
    };
    for (;;) {
        skip(a);
        skip(b);
        if (a.empty() || b.empty()) return a.empty() && b.empty();
        if (a.front() != b.front()) return false;
        a.remove_prefix(1);
        b.remove_prefix(1);
    }
}

}  // namespace

void Holes::add(std::size_t begin, std::size_t size, bool may_be_empty) noexcept {
    if (count_ == max || (count_ > 0 && begin < holes_[count_ - 1].end)) {
        spoilt_ = true;
        return;
    }
    holes_[count_++] = {static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(begin + size), may_be_empty};
}

bool ShapeMemo::learn(std::string_view type, std::string_view data, const Holes& holes, OutputKind kind) {
    parts_ = 0;
    std::size_t held = type.size() + data.size();
    for (std::size_t i = 0; i < holes.size(); ++i) held -= holes[i].end - holes[i].begin;
    if (held > max_bytes) return false;
    bytes_.clear();
    bytes_.reserve(held);
    const auto keep = [this](std::string_view part) {
        bytes_.append(part);
        ends_[parts_++] = static_cast<std::uint16_t>(bytes_.size());
    };
    keep(type);
    std::size_t from = 0;
    empty_holes_ = 0;
    for (std::size_t i = 0; i < holes.size(); ++i) {
        keep(data.substr(from, holes[i].begin - from));
        from = holes[i].end;
        if (holes[i].may_be_empty) empty_holes_ = static_cast<std::uint8_t>(empty_holes_ | 1U << i);
    }
    const std::string_view last = data.substr(from);
    keep(last);
    padded_ = last.find('"', 1) == std::string_view::npos;
    kind_ = kind;
    return true;
}

bool ShapeMemo::matches(std::string_view type, std::string_view data) const noexcept {
    if (parts_ == 0 || type != std::string_view(bytes_).substr(0, ends_[0])) return false;
    const char* at = data.data();
    const char* const end = at + data.size();
    for (std::size_t part = 1;; ++part) {
        const char* const known = bytes_.data() + ends_[part - 1];
        const std::size_t size = static_cast<std::size_t>(ends_[part] - ends_[part - 1]);
        const auto left = static_cast<std::size_t>(end - at);
        if (part + 1 == parts_) {
            if (left == size && std::memcmp(at, known, size) == 0) return true;
            return padded_ && same_punctuation({at, left}, {known, size});
        }
        if (left < size || std::memcmp(at, known, size) != 0) return false;
        at += size;
        const char* const quote = string_end(at, end);
        if (quote == nullptr || (quote == at && (empty_holes_ >> (part - 1) & 1U) == 0)) return false;
        at = quote;
    }
}

std::optional<OutputKind> ShapeMemos::recall(std::string_view type, std::string_view data) noexcept {
    for (int turn = 0; turn < 2; ++turn) {
        if (memos_[latest_].matches(type, data)) {
            ++hits_;
            return memos_[latest_].kind();
        }
        latest_ ^= 1U;
    }
    return std::nullopt;
}

void ShapeMemos::learn(std::string_view type, std::string_view data, const Holes& holes, OutputKind kind) {
    if (!holes.plain() || learned_ > patience + hits_ / 4) return;
    ++learned_;
    latest_ ^= 1U;  // over the shape that was known longest ago
    memos_[latest_].learn(type, data, holes, kind);
}

}  // namespace tokenweir::parsers
