/// SHA-256 (FIPS 180-4), and the keyed hash that stands for what must not be written down (HMAC, RFC 2104).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tokenweir::parsers {

/// Fed piece by piece. A plain value: a copy goes on from where the original stands. No allocation.
class Sha256 {
public:
    using Digest = std::array<std::uint8_t, 32>;

    Sha256() noexcept;
    void add(std::string_view bytes) noexcept;

    /// Of all that was added. Call once, last.
    Digest finish() noexcept;

private:
    alignas(8) std::array<std::byte, 112> state_;  // libcrypto's
};

/// Lower-case hexadecimal.
std::string to_hex(const Sha256::Digest& digest);

/// HMAC-SHA256, cut to 128 bits. Without the secret a hash can neither be computed nor guessed back.
class KeyedHash {
public:
    /// None: there is nothing to hash with.
    KeyedHash() = default;
    explicit KeyedHash(std::string secret);

    explicit operator bool() const noexcept { return !secret_.empty(); }
    const std::string& secret() const noexcept { return secret_; }

    /// For texts that come in pieces: add them to what begin() returns, and give that to finish().
    Sha256 begin() const noexcept { return inner_; }
    std::string finish(Sha256 text) const;

    /// 32 hexadecimal digits. Requires a secret. Two hundred nanoseconds for a short text.
    std::string operator()(std::string_view text) const;

    bool operator==(const KeyedHash& other) const noexcept { return secret_ == other.secret_; }

private:
    std::string secret_;
    Sha256 inner_, outer_;  // fed with the padded secret
};

}  // namespace tokenweir::parsers
