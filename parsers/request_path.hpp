/// The path of a request target, and quick answers about its segments.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tokenweir::parsers {

/// Of a target in origin form: without its query.
inline std::string_view path_of(std::string_view target) noexcept {
    target = target.substr(0, target.find('?'));
    return target.substr(0, target.find('#'));
}

/// Knows the characters that segments begin with, so that most searches end before they begin.
class RequestPath {
public:
    explicit RequestPath(std::string_view text) noexcept : text_(text) {
        for (std::size_t i = 1; i < text.size(); ++i)
            if (text[i - 1] == '/') initials_ |= bit_of(text[i]);
    }

    std::string_view text() const noexcept { return text_; }

    /// Where `part` begins, or npos. It begins with a slash and a first character: "/models/".
    std::size_t find(std::string_view part) const noexcept {
        return (initials_ & bit_of(part[1])) == 0 ? std::string_view::npos : text_.find(part);
    }
    bool contains(std::string_view part) const noexcept { return find(part) != std::string_view::npos; }

    /// `segments`, such as "/threads", and nothing or a slash behind it.
    bool has_segment(std::string_view segments) const noexcept {
        for (auto at = find(segments); at != std::string_view::npos; at = text_.find(segments, at + 1)) {
            const std::string_view rest = text_.substr(at + segments.size());
            if (rest.empty() || rest.starts_with('/')) return true;
        }
        return false;
    }

private:
    static constexpr std::uint64_t bit_of(char c) noexcept {
        return std::uint64_t{1} << (static_cast<unsigned char>(c) % 64);
    }

    std::string_view text_;
    std::uint64_t initials_ = 0;  // bit_of() each
};

}  // namespace tokenweir::parsers
