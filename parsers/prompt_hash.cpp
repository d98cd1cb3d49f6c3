#include "parsers/prompt_hash.hpp"

#include <algorithm>
#include <cstring>

#include "observation/random.hpp"

namespace tokenweir::parsers {
namespace {

const std::array<std::uint64_t, 2>& process_key() {
    static const std::array<std::uint64_t, 2> key = [] {
        Random random;
        return std::array<std::uint64_t, 2>{random.next(), random.next()};
    }();
    return key;
}

/// Both halves of the product, folded (as in wyhash).
std::uint64_t fold(std::uint64_t a, std::uint64_t b) noexcept {
    __extension__ using Wide = unsigned __int128;
    const Wide product = Wide{a} * b;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

}  // namespace

PromptHash::PromptHash() noexcept : key_(process_key()), state_(key_[0] ^ key_[1]) {}

void PromptHash::mix(const char* block) noexcept {
    std::array<std::uint64_t, 2> words{};
    std::memcpy(words.data(), block, block_bytes);
    state_ = fold(words[0] ^ key_[0] ^ state_, words[1] ^ key_[1]) ^ (state_ << 1 | state_ >> 63);
}

void PromptHash::add(std::string_view bytes) noexcept {
    if (const std::size_t held = size_ % block_bytes; held != 0) {
        const std::size_t count = std::min(block_bytes - held, bytes.size());
        std::memcpy(rest_.data() + held, bytes.data(), count);
        size_ += count;
        bytes.remove_prefix(count);
        if (held + count < block_bytes) return;
        mix(rest_.data());
    }
    size_ += bytes.size();
    for (; bytes.size() >= block_bytes; bytes.remove_prefix(block_bytes)) mix(bytes.data());
    if (!bytes.empty()) std::memcpy(rest_.data(), bytes.data(), bytes.size());
}

std::uint64_t PromptHash::value() const noexcept {
    if (size_ == 0) return 0;
    PromptHash last = *this;
    if (const std::size_t held = size_ % block_bytes; held != 0) {
        std::fill(last.rest_.begin() + static_cast<std::ptrdiff_t>(held), last.rest_.end(), '\0');
        last.mix(last.rest_.data());
    }
    const std::uint64_t hash = fold(last.state_ ^ key_[1], size_ ^ key_[0] ^ 0x9E3779B97F4A7C15);
    return hash == 0 ? 1 : hash;
}

}  // namespace tokenweir::parsers
