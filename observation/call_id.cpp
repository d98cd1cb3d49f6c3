#include "observation/call_id.hpp"

#include <algorithm>

#include "observation/hex.hpp"

namespace tokenweir {
namespace {

std::uint64_t process_key() {
    static const std::uint64_t key = Random().next();
    return key;
}

/// 16 bits that depend on all of the others and on the key.
std::uint64_t tag_of(std::uint64_t high, std::uint64_t low, std::uint64_t key) noexcept {
    std::uint64_t mixed = (high ^ key) * 0x9E3779B97F4A7C15;
    mixed = (mixed ^ (mixed >> 32) ^ (low >> 16)) * 0xD6E8FEB86659FD93;
    mixed = (mixed ^ (mixed >> 32) ^ key) * 0xD6E8FEB86659FD93;
    return mixed >> 48;
}

}  // namespace

CallIdSource::CallIdSource() : key_(process_key()) {}

CallId CallIdSource::next(WallTime now) noexcept {
    const auto ms = static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count());
    const std::uint64_t high = (ms << 16) | 0x7000 | (random_.next() & 0x0fff);      // version 7, rand_a
    std::uint64_t low = 0x8000000000000000 | (random_.next() & 0x3fffffffffff0000);  // variant 10, rand_b
    low |= tag_of(high, low, key_);
    const auto first = to_hex(high), second = to_hex(low);
    CallId id;
    auto at = std::copy_n(first.begin(), 8, id.text.begin());
    *at++ = '-';
    at = std::copy_n(first.begin() + 8, 4, at);
    *at++ = '-';
    at = std::copy_n(first.begin() + 12, 4, at);
    *at++ = '-';
    at = std::copy_n(second.begin(), 4, at);
    *at++ = '-';
    std::copy_n(second.begin() + 4, 12, at);
    return id;
}

std::optional<WallTime> time_of_own(std::string_view id) noexcept {
    if (id.size() != CallId{}.text.size()) return std::nullopt;
    std::array<std::uint64_t, 2> words{};
    int nibble = 0;
    for (std::size_t at = 0; at < id.size(); ++at) {
        const char c = id[at];
        if (at == 8 || at == 13 || at == 18 || at == 23) {
            if (c != '-') return std::nullopt;
            continue;
        }
        const bool is_digit = c >= '0' && c <= '9';
        if (!is_digit && (c < 'a' || c > 'f')) return std::nullopt;
        std::uint64_t& word = words[nibble++ < 16 ? 0 : 1];
        word = word << 4 | static_cast<std::uint64_t>(is_digit ? c - '0' : c - 'a' + 10);
    }
    if ((words[1] & 0xffff) != tag_of(words[0], words[1], process_key())) return std::nullopt;
    const std::chrono::milliseconds began(words[0] >> 16);
    constexpr auto last = std::chrono::floor<std::chrono::milliseconds>(WallTime::max().time_since_epoch());
    return began <= last ? std::optional(WallTime(began)) : std::nullopt;  // no clock of ours has shown a later one
}

std::optional<CallId> to_call_id(std::string_view text) noexcept {
    CallId id;
    if (text.size() != id.text.size()) return std::nullopt;
    std::ranges::copy(text, id.text.begin());
    return id;
}

}  // namespace tokenweir
