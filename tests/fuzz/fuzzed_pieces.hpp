/// A fuzzer's input as a body and a way of cutting it: the first byte says how.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string_view>

namespace tokenweir::test {

/// Calls `use` with each piece, in a heap block of exactly its size. Pieces are of 1 to `longest` bytes, by turns.
template <class Use>
void in_pieces(std::string_view body, std::uint8_t seed, Use&& use) {
    std::uint32_t state = seed;
    const std::size_t longest = std::size_t{1} << (seed % 8);
    while (!body.empty()) {
        state = state * 1664525 + 1013904223;
        const std::size_t size = std::min(body.size(), 1 + (state >> 16) % longest);
        const std::unique_ptr<char[]> block(new char[size]);
        std::memcpy(block.get(), body.data(), size);
        use(std::string_view(block.get(), size));
        body.remove_prefix(size);
    }
}

inline void require(bool property) {
    if (!property) std::abort();
}

}  // namespace tokenweir::test

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
