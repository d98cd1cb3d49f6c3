/// Finds where a body ends, over raw bytes that pass through, and refuses what RFC 9112 §7.1 forbids before it is passed on.
///
/// A plain value: copying it before a piece is scanned is how the observer sees the payload of that piece afterwards.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "proxy/http_head.hpp"

namespace tokenweir::proxy {

struct ChunkLimits {
    std::size_t extension_bytes_per_chunk = 4 * 1024;
    std::size_t extension_bytes = 64 * 1024;   ///< of the whole message
    std::size_t trailer_bytes = 64 * 1024;
    std::size_t trailer_fields = 200;

    bool operator==(const ChunkLimits&) const = default;
};

class BodyScanner {
public:
    BodyScanner() = default;  ///< a body that has ended: none
    explicit BodyScanner(Framing framing, const ChunkLimits& limits = {}) noexcept;

    struct Result {
        std::size_t consumed = 0;       ///< bytes of the piece that belong to this body
        bool done = false;              ///< the body's last byte is among them
        const char* error = nullptr;    ///< static text; nothing of the piece may be passed on
    };

    /// Scans the next piece. `payload(std::string_view)` is called for each range of payload in it, in order.
    template <class Payload>
    Result scan(std::string_view piece, Payload&& payload);

    Result scan(std::string_view piece) {
        return scan(piece, [](std::string_view) {});
    }

    bool done() const noexcept;

    /// Until-close bodies end with the connection; every other body that ends with it is cut.
    bool ends_with_connection() const noexcept;

private:
    // To be filled in by the implementation: a few words, trivially copyable.
};

}  // namespace tokenweir::proxy
