/// A hash of short texts, for the look-ups of each call: names of models and routes take a few multiplications.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace tokenweir::metrics {

/// Sixteen bytes are folded in at a time by the two halves of a product, as wyhash does
/// (github.com/wangyi-fudan/wyhash).
struct TextHash {
    using is_transparent = void;

    std::size_t operator()(std::string_view text) const noexcept {
        const char* at = text.data();
        std::size_t rest = text.size();
        std::uint64_t hash = rest * 0xA0761D6478BD642F;
        for (; rest > 16; rest -= 16, at += 16)
            hash = folded(read<std::uint64_t>(at) ^ key, read<std::uint64_t>(at + 8) ^ hash);
        std::uint64_t head = 0, tail = 0;  // they overlap unless all sixteen are there
        if (rest >= 8) {
            head = read<std::uint64_t>(at);
            tail = read<std::uint64_t>(at + rest - 8);
        } else if (rest >= 4) {
            head = read<std::uint32_t>(at);
            tail = read<std::uint32_t>(at + rest - 4);
        } else if (rest > 0) {
            head = read<std::uint8_t>(at) | std::uint64_t{read<std::uint8_t>(at + rest / 2)} << 8;
            tail = read<std::uint8_t>(at + rest - 1);
        }
        return folded(head ^ key, tail ^ hash);
    }

private:
    static constexpr std::uint64_t key = 0xE7037ED1A0B428DB;

    template <class Word>
    static Word read(const char* at) noexcept {
        Word word;
        std::memcpy(&word, at, sizeof word);
        return word;
    }

    static std::uint64_t folded(std::uint64_t a, std::uint64_t b) noexcept {
        __extension__ using Wide = unsigned __int128;
        const Wide product = Wide{a} * b;
        return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
    }
};

}  // namespace tokenweir::metrics
