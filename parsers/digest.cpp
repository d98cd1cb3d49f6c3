#define OPENSSL_SUPPRESS_DEPRECATED  // EVP runs the same code, and allocates for every hash
#include "parsers/digest.hpp"

#include <openssl/sha.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "observation/hex.hpp"

namespace tokenweir::parsers {

namespace {

constexpr std::size_t hash_bytes = 16;  // written of a keyed hash

std::string_view bytes_of(const Sha256::Digest& digest) noexcept {
    return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

/// Runs `use` on libcrypto's state, which is a plain value.
template <class State, class Use>
void with(State& state, Use&& use) noexcept {
    static_assert(sizeof(SHA256_CTX) == sizeof(State));
    SHA256_CTX context;
    std::memcpy(&context, state.data(), sizeof context);
    use(&context);
    std::memcpy(state.data(), &context, sizeof context);
}

}  // namespace

Sha256::Sha256() noexcept : state_{} {
    with(state_, [](SHA256_CTX* context) { SHA256_Init(context); });
}

void Sha256::add(std::string_view bytes) noexcept {
    with(state_, [bytes](SHA256_CTX* context) { SHA256_Update(context, bytes.data(), bytes.size()); });
}

Sha256::Digest Sha256::finish() noexcept {
    Digest digest;
    with(state_, [&digest](SHA256_CTX* context) { SHA256_Final(digest.data(), context); });
    return digest;
}

std::string to_hex(const Sha256::Digest& digest) {
    const auto digits = tokenweir::to_hex(digest);
    return {digits.data(), digits.size()};
}

KeyedHash::KeyedHash(std::string secret) : secret_(std::move(secret)) {
    std::array<char, 64> block{};  // RFC 2104 §2: one block of the hash
    if (secret_.size() <= block.size()) {
        std::memcpy(block.data(), secret_.data(), secret_.size());
    } else {
        Sha256 longer;
        longer.add(secret_);
        const Sha256::Digest digest = longer.finish();
        std::memcpy(block.data(), digest.data(), digest.size());
    }
    const auto add_padded = [&block](Sha256& state, unsigned char pad) {
        std::array<char, 64> padded = block;
        for (char& c : padded) c = static_cast<char>(static_cast<unsigned char>(c) ^ pad);
        state.add({padded.data(), padded.size()});
    };
    add_padded(inner_, 0x36);
    add_padded(outer_, 0x5c);
}

std::string KeyedHash::finish(Sha256 text) const {
    Sha256 outer = outer_;
    outer.add(bytes_of(text.finish()));
    const Sha256::Digest digest = outer.finish();
    std::array<std::uint8_t, hash_bytes> kept;
    std::copy_n(digest.begin(), kept.size(), kept.begin());
    const auto digits = tokenweir::to_hex(kept);
    return {digits.data(), digits.size()};
}

std::string KeyedHash::operator()(std::string_view text) const {
    Sha256 inner = inner_;
    inner.add(text);
    return finish(inner);
}

}  // namespace tokenweir::parsers
