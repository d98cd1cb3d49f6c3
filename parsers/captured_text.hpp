/// One JSON string of a body as it comes, in pieces and with its escapes: the beginning is kept, all of it is counted
/// and hashed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "parsers/digest.hpp"

namespace tokenweir::parsers {

/// What base64 stood for.
struct Payload {
    std::uint64_t bytes = 0;
    std::string sha256;  ///< hexadecimal

    bool operator==(const Payload&) const = default;
};

/// Undoes base64 (RFC 4648 §4 and §5) on the way into a hash. Line breaks, also as JSON's escapes, are passed over.
class PayloadDigest {
public:
    void add(std::string_view raw) noexcept;

    /// Nothing if it was no base64, or nothing came.
    std::optional<Payload> finish() const;

private:
    void put(char c) noexcept;

    Sha256 hash_;
    std::uint64_t bytes_ = 0;
    std::uint32_t held_ = 0;
    int bits_ = 0;
    bool escaped_ = false;
    bool valid_ = true;
};

class CapturedText {
public:
    /// At most `max_kept` bytes are kept, over all calls.
    void add(std::string_view raw, std::size_t max_kept, const KeyedHash& hash);

    /// The beginning, ending where an escape and a code point end.
    std::string_view kept() const noexcept;
    bool whole() const noexcept { return !rest_; }
    std::uint64_t bytes() const noexcept { return bytes_; }

    /// Lets go of what was kept; the figures of a text that is not whole stay.
    std::string take_kept();

    std::string hash(const KeyedHash& hash) const;

    /// Of the text, or of what follows "data:…;base64,".
    std::optional<Payload> payload() const;

private:
    struct Rest {
        Sha256 keyed;
        PayloadDigest payload;
    };

    std::string kept_;
    std::uint64_t bytes_ = 0;
    std::optional<Rest> rest_;  // once there is more than is kept: of all that came
};

/// "image/png" of "data:image/png;base64,…"; empty if the text does not begin so.
std::string_view data_url_type(std::string_view raw) noexcept;

}  // namespace tokenweir::parsers
