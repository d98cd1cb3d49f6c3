/// Feeds bytes whole, byte by byte and cut in two at every place, each piece from an exactly sized heap block, so that
/// AddressSanitizer sees a read of one byte too many.
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

namespace tokenweir::test {

/// Calls `use(std::string_view)` with a copy of `piece` in a heap block of exactly its size.
template <class Use>
void with_exact_copy(std::string_view piece, Use&& use) {
    const std::unique_ptr<char[]> block(new char[piece.size()]);
    if (!piece.empty()) std::memcpy(block.get(), piece.data(), piece.size());
    use(std::string_view(block.get(), piece.size()));
}

/// All the ways of cutting that a test of `bytes` tries: whole, byte by byte, in two at every place.
inline std::vector<std::vector<std::string_view>> splits(std::string_view bytes) {
    std::vector<std::vector<std::string_view>> all{{bytes}};
    std::vector<std::string_view> single;
    for (std::size_t i = 0; i < bytes.size(); ++i) single.push_back(bytes.substr(i, 1));
    all.push_back(single);
    for (std::size_t i = 1; i < bytes.size(); ++i) all.push_back({bytes.substr(0, i), bytes.substr(i)});
    return all;
}

}  // namespace tokenweir::test
