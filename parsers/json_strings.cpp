// Sixty-four bytes at a time; nothing depends on what stands where, so nothing is mispredicted.
#include "parsers/json_strings.hpp"

#include <algorithm>
#include <bit>

namespace tokenweir::parsers {

namespace {

constexpr std::size_t least_blocks = 64;
constexpr std::size_t kept_blocks = (std::size_t{256} << 10) / json_block_bytes;

/// All bits for an odd number of quotes: the block ends inside a string if it begins outside of one.
std::uint64_t odd(std::uint64_t quotes) noexcept { return 0 - static_cast<std::uint64_t>(__builtin_parityll(quotes)); }

}  // namespace

bool JsonStrings::find(std::string_view text) {
    text_ = text;
    const std::size_t count = blocks();
    if (count > capacity_) {
        const std::size_t wanted = std::bit_ceil(std::max(count, least_blocks));
        capacity_ = 0;
        quotes_.reset(new std::uint64_t[wanted]);
        capacity_ = wanted;
    }
    std::uint64_t escaped = 0, sum = 0;  // sum: odd where the number of quotes so far is
    const auto take = [&](std::uint64_t& quotes, const char* bytes) {
        const QuoteMasks masks = quote_masks(bytes);
        quotes = masks.quotes;
        if ((masks.backslashes | escaped) != 0) quotes &= ~escaped_mask(masks.backslashes, escaped);
        const bool sound = !has_control(bytes) || (control_mask(bytes) & (between_quotes(quotes) ^ odd(sum))) == 0;
        sum ^= quotes;
        return sound;
    };
    const std::size_t full = text.size() / json_block_bytes;
    for (std::size_t i = 0; i < full; ++i)
        if (!take(quotes_[i], text.data() + i * json_block_bytes)) return false;
    if (full < count) {
        last_.fill(' ');
        text.copy(last_.data(), json_block_bytes, full * json_block_bytes);
        if (!take(quotes_[full], last_.data())) return false;
    }
    return odd(sum) == 0;
}

std::size_t JsonStrings::behind_containers(std::size_t at, std::size_t depth) const noexcept {
    std::uint64_t from = ~std::uint64_t{0} << at % json_block_bytes;
    std::uint64_t in_string = 0;
    for (std::size_t i = at / json_block_bytes; i < blocks(); ++i, from = ~std::uint64_t{0}) {
        const std::uint64_t quotes = quotes_[i] & from;
        if (quotes == 0 && in_string != 0) continue;
        const StructureMasks structure = structure_masks(block(i));
        const std::uint64_t outside = from & ~(between_quotes(quotes) ^ in_string);
        in_string ^= odd(quotes);
        for (std::uint64_t left = (structure.open | structure.close) & outside; left != 0; left &= left - 1) {
            const int bit = std::countr_zero(left);
            depth += (structure.open >> bit & 1) * 2 - 1;
            if (depth == 0) return i * json_block_bytes + static_cast<std::size_t>(bit) + 1;
        }
    }
    return npos;
}

void JsonStrings::trim() noexcept {
    if (capacity_ <= kept_blocks) return;
    quotes_.reset();
    capacity_ = 0;
}

}  // namespace tokenweir::parsers
