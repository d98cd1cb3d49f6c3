/// The character classes of RFC 9110 and RFC 3986 as one table, so that a byte is classed by one load.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "observation/byte_block.hpp"

namespace tokenweir::proxy::chars {

enum Class : std::uint8_t {
    token = 1,   ///< tchar (RFC 9110 §5.6.2)
    text = 2,    ///< what a field value or a reason phrase may hold: HTAB, SP, VCHAR, obs-text (RFC 9110 §5.5)
    target = 4,  ///< a request target: visible ASCII without '#', because a fragment is never sent (RFC 9112 §3.2)
    name_of_host =
        8,  ///< reg-name (RFC 3986 §3.2.2) without '%', which needs two digits, and ',', which joins two hosts
    hex = 16,
    blank = 32,  ///< SP and HTAB (RFC 9110 §5.6.3)
};

namespace detail {

consteval std::array<std::uint8_t, 256> classes() {
    std::array<std::uint8_t, 256> table{};
    const auto mark = [&](std::string_view set, std::uint8_t bit) {
        for (const char c : set) table[static_cast<unsigned char>(c)] |= bit;
    };
    const auto range = [&](unsigned first, unsigned last, std::uint8_t bits) {
        for (unsigned c = first; c <= last; ++c) table[c] |= bits;
    };
    range('0', '9', token | name_of_host | hex);
    range('A', 'Z', token | name_of_host);
    range('a', 'z', token | name_of_host);
    range('A', 'F', hex);
    range('a', 'f', hex);
    mark("!#$%&'*+-.^_`|~", token);
    mark("-._~!$&'()*+;=", name_of_host);
    range(0x21, 0x7e, text | target);
    range(0x80, 0xff, text);
    mark(" \t", text | blank);
    table['#'] &= static_cast<std::uint8_t>(~target);
    return table;
}

inline constexpr auto table = classes();

}  // namespace detail

constexpr bool is(char c, Class wanted) noexcept {
    return (detail::table[static_cast<unsigned char>(c)] & wanted) != 0;
}
constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

/// Requires: is(c, hex).
constexpr unsigned hex_value(char c) noexcept {
    return static_cast<unsigned>(is_digit(c) ? c - '0' : (c | 0x20) - 'a' + 10);
}

/// The place of the first byte at or after `at` that is not of the class, or the size.
constexpr std::size_t skip(std::string_view bytes, std::size_t at, Class allowed) noexcept {
    while (at < bytes.size() && is(bytes[at], allowed)) ++at;
    return at;
}

constexpr bool all(std::string_view bytes, Class wanted) noexcept { return skip(bytes, 0, wanted) == bytes.size(); }

/// skip(bytes, at, token). Names of fields are made of letters and '-', nearly all of them.
inline std::size_t skip_token(std::string_view bytes, std::size_t at) noexcept {
    for (; at + block_bytes <= bytes.size(); at += block_bytes) {
        const ByteBlock block = load_block(bytes.data() + at);
        const unsigned others = places(~(within(block | 0x20, 'a', 'z') | (block == '-')));
        if (others == 0) continue;
        at += first_of(others);
        if (!is(bytes[at], token)) return at;
        break;
    }
    return skip(bytes, at, token);
}

/// skip(bytes, at, text).
inline std::size_t skip_text(std::string_view bytes, std::size_t at) noexcept {
    for (; at + block_bytes <= bytes.size(); at += block_bytes) {
        const ByteBlock block = load_block(bytes.data() + at);
        unsigned controls = places((block < 0x20) | (block == 0x7f));
        for (; controls != 0; controls &= controls - 1) {
            const std::size_t place = at + first_of(controls);
            if (bytes[place] != '\t') return place;
        }
    }
    return skip(bytes, at, text);
}

/// Without the SP and HTAB around it: the optional white space of RFC 9110 §5.6.3.
constexpr std::string_view trim(std::string_view bytes) noexcept {
    const char* first = bytes.data();
    const char* last = first + bytes.size();
    while (first != last && is(*first, blank)) ++first;
    while (first != last && is(last[-1], blank)) --last;
    return {first, last};
}

/// Calls `use(element)` for each element of a comma-separated list, trimmed, empty ones included (RFC 9110 §5.6.1),
/// until it returns false.
template <class Use>
constexpr void for_each_element(std::string_view list, Use&& use) {
    while (true) {
        const std::size_t comma = list.find(',');
        if (!use(trim(list.substr(0, comma))) || comma == std::string_view::npos) return;
        list.remove_prefix(comma + 1);
    }
}

}  // namespace tokenweir::proxy::chars
