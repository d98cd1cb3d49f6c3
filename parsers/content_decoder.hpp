/// Undoes a body's content coding (RFC 9110 §8.4) on a copy, piece by piece: gzip, deflate, br, zstd.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string_view>

namespace tokenweir::parsers {

enum class DecodeStatus { ok, malformed, over_limit };

class ContentDecoder {
public:
    using Sink = std::function<void(std::string_view)>;

    struct Limits {
        std::size_t max_output_bytes;  ///< of the whole body
        std::size_t max_ratio;         ///< output / input, at least 1; looked at once the output passes 1 MiB
    };

    ContentDecoder() = default;
    virtual ~ContentDecoder() = default;
    ContentDecoder(const ContentDecoder&) = delete;
    ContentDecoder& operator=(const ContentDecoder&) = delete;

    /// Decodes one piece and hands every byte that it yields to `sink`, in blocks of at most 16 KiB, before it returns:
    /// nothing that the piece makes decodable is held back. After anything but `ok` the decoder takes nothing more and
    /// answers the same again. Up to a limit everything is handed out; up to a fault at least what the pieces before
    /// held, the rest as far as the coding's library gives it away. Zero bytes after the coding's end are padding (as
    /// for gzip(1)); anything else there is malformed. Throws std::bad_alloc.
    virtual DecodeStatus feed(std::string_view piece, const Sink& sink) = 0;

    /// False while bytes are missing: at the body's end that means it was cut short.
    virtual bool at_end() const noexcept = 0;

    /// `content_encoding`: the field's value, in any case: gzip and x-gzip (members may follow each other), deflate
    /// (with its zlib wrapper or, as some send it, bare), br, zstd (RFC 9659: a window of at most 8 MiB), or two of
    /// them in the order in which they were applied. Empty or identity gives nullptr and `known = true`; a list of more
    /// than two codings or an unknown one gives nullptr and `known = false`.
    static std::unique_ptr<ContentDecoder> make(std::string_view content_encoding, Limits limits, bool& known);
};

}  // namespace tokenweir::parsers
