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
        std::size_t max_ratio;         ///< output / input, looked at once the output passes 1 MiB
    };

    virtual ~ContentDecoder() = default;

    /// Decodes one piece and hands every byte that it yields to `sink`, in blocks of at most 16 KiB, before it returns:
    /// nothing that the piece makes decodable is held back. After anything but `ok` the decoder takes nothing more.
    virtual DecodeStatus feed(std::string_view piece, const Sink& sink) = 0;

    /// `content_encoding`: the field's value. Empty or identity gives nullptr and `known = true`; a list of more than two
    /// codings or an unknown one gives nullptr and `known = false`.
    static std::unique_ptr<ContentDecoder> make(std::string_view content_encoding, Limits limits, bool& known);
};

}  // namespace tokenweir::parsers
