/// Finds where a body ends, over raw bytes that pass through, and refuses what RFC 9112 §7.1 forbids before it is
/// passed on.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>
#include <type_traits>

#include "proxy/http_head.hpp"

namespace tokenweir::proxy {

struct ChunkLimits {
    std::size_t extension_bytes_per_chunk = std::size_t{4} << 10;  ///< between the size and its CRLF
    std::size_t extension_bytes = std::size_t{64} << 10;           ///< of the whole message
    std::size_t trailer_bytes = std::size_t{64} << 10;             ///< of all trailer lines, with their CRLFs
    std::size_t trailer_fields = 200;

    bool operator==(const ChunkLimits&) const = default;
};

class BodyScanner {
public:
    BodyScanner() = default;  ///< a body that has ended: none
    explicit BodyScanner(Framing framing, const ChunkLimits& limits = {}) noexcept;

    struct Result {
        std::size_t consumed = 0;     ///< bytes of the piece that belong to this body
        bool done = false;            ///< the body's last byte is among them, or had been before
        const char* error = nullptr;  ///< static text; nothing of the piece may be passed on
    };

    /// Scans the next piece. `payload(std::string_view)` is called for each range of payload in it, in order; with an
    /// error it may have been called for ranges before the place of the error. After an error every further piece is
    /// one.
    template <class Payload>
    Result scan(std::string_view piece, Payload&& payload);

    Result scan(std::string_view piece) {
        return scan(piece, [](std::string_view) {});
    }

    bool done() const noexcept { return state_ == State::done; }

private:
    // Between two states stands what takes the scanner from one to the other:
    //
    //   size_start -HEXDIG-> size -CR-> size_lf -LF-> data -CR-> data_lf -LF-> size_start
    //                         |            |  (size 0)
    //                         ;            +--> trailer_start -CR-> end_lf -LF-> done
    //                         v                    | ^
    //                     extension ... -CR->    name: value CRLF
    enum class State : std::uint8_t {
        done,
        failed,
        length,
        until_close,
        data,  // the last state that takes payload: see takes_payload
        data_cr,
        data_lf,
        size_start,
        size,
        size_blank,  // behind white space: only more of it or an extension may follow
        extension_start,
        extension_name,
        extension_name_blank,
        extension_value_start,
        extension_value,
        extension_quoted,
        extension_escape,
        extension_quoted_end,
        size_lf,
        trailer_start,
        trailer_name,
        trailer_value,
        trailer_lf,
        end_lf,
    };

    bool takes_payload() const noexcept { return state_ >= State::length && state_ <= State::data; }

    /// Reads framing from piece[at] on, up to the next payload byte, the body's end, an error or the piece's end;
    /// returns where it stopped.
    std::size_t scan_framing(std::string_view piece, std::size_t at) noexcept;

    /// Between two chunks whose sizes stand alone and whole in the piece: takes the scanner to the next chunk's data at
    /// once. Returns where that begins, or `at` when the bytes have to be looked at one by one.
    std::size_t pass_plain_size(std::string_view piece, std::size_t at) noexcept;

    void step(char c) noexcept;
    void step_size(char c) noexcept;
    void step_extension(char c) noexcept;
    void step_trailer(char c) noexcept;
    static State after_extension_byte(State state, char c) noexcept;
    void fail(const char* error) noexcept;

    State state_ = State::done;
    std::uint8_t size_digits_ = 0;
    std::uint32_t trailer_fields_left_ = 0;
    std::uint64_t left_ = 0;          // payload bytes of this chunk or body; while a size is read, its value so far
    std::uint64_t trailer_name_ = 0;  // hash of the name read so far: a name may come in pieces
    std::uint32_t extension_limit_ = 0;
    std::uint32_t chunk_extension_left_ = 0;
    std::uint32_t extension_left_ = 0;
    std::uint32_t trailer_left_ = 0;
    const char* error_ = nullptr;
};

static_assert(std::is_trivially_copyable_v<BodyScanner>);

template <class Payload>
BodyScanner::Result BodyScanner::scan(std::string_view piece, Payload&& payload) {
    std::size_t at = 0;
    while (at < piece.size() && state_ > State::failed) {
        if (!takes_payload()) {
            at = scan_framing(piece, at);
            continue;
        }
        const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(left_, piece.size() - at));
        payload(piece.substr(at, size));
        at += size;
        if (state_ == State::until_close) continue;
        left_ -= size;
        if (left_ == 0) state_ = state_ == State::data ? State::data_cr : State::done;
    }
    return {.consumed = at, .done = done(), .error = error_};
}

}  // namespace tokenweir::proxy
