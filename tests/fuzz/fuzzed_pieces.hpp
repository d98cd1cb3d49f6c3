/// A fuzzer's input as a body and a way of cutting it: the first byte says how.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

namespace tokenweir::test {

/// Pieces of 1 to `longest` bytes, by turns.
inline std::vector<std::string_view> cut(std::string_view body, std::uint8_t seed) {
    std::vector<std::string_view> pieces;
    std::uint32_t state = seed;
    const std::size_t longest = std::size_t{1} << (seed % 8);
    while (!body.empty()) {
        state = state * 1664525 + 1013904223;
        pieces.push_back(body.substr(0, 1 + (state >> 16) % longest));
        body.remove_prefix(pieces.back().size());
    }
    return pieces;
}

/// Calls `use` with each piece, in a heap block of exactly its size.
template <class Use>
void in_pieces(std::string_view body, std::uint8_t seed, Use&& use) {
    for (const std::string_view piece : cut(body, seed)) {
        const std::unique_ptr<char[]> block(new char[piece.size()]);
        std::memcpy(block.get(), piece.data(), piece.size());
        use(std::string_view(block.get(), piece.size()));
    }
}

inline void require(bool property) {
    if (!property) std::abort();
}

}  // namespace tokenweir::test

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
