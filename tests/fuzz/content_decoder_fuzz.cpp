// Whatever the bytes, a decoder stays within its limits and sticks to its verdict; a sound body decodes the same
// however cut.
#include <string>

#include "parsers/content_decoder.hpp"
#include "tests/fuzz/fuzzed_pieces.hpp"

namespace {

using namespace tokenweir;
using parsers::ContentDecoder;
using parsers::DecodeStatus;

constexpr ContentDecoder::Limits limits{.max_output_bytes = std::size_t{2} << 20, .max_ratio = 200};
constexpr const char* fields[] = {"gzip",     "deflate",       "br",       "zstd",
                                  "gzip, br", "deflate, zstd", "br, gzip", "zstd, deflate"};

struct Decoded {
    std::string text;
    DecodeStatus status = DecodeStatus::ok;
    bool at_end = false;

    bool operator==(const Decoded&) const = default;
};

template <class Cut>
Decoded decode(const char* field, Cut cut) {
    bool known = false;
    const auto decoder = ContentDecoder::make(field, limits, known);
    test::require(known && decoder);
    Decoded decoded;
    cut([&](std::string_view piece) {
        const DecodeStatus before = decoded.status;
        const std::size_t size_before = decoded.text.size();
        decoded.status = decoder->feed(piece, [&](std::string_view block) {
            test::require(!block.empty() && block.size() <= 16 * 1024);
            decoded.text += block;
        });
        if (before != DecodeStatus::ok) test::require(decoded.status == before && decoded.text.size() == size_before);
    });
    test::require(decoded.text.size() <= limits.max_output_bytes);
    decoded.at_end = decoder->at_end();
    return decoded;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return 0;
    const std::string_view body(reinterpret_cast<const char*>(data) + 2, size - 2);
    const char* field = fields[data[1] % std::size(fields)];
    const Decoded whole = decode(field, [body](auto use) { use(body); });
    const Decoded pieces = decode(field, [=](auto use) { test::in_pieces(body, data[0], use); });
    // Where the input is damaged, or a limit near, how far one gets depends on the pieces; else nothing does.
    if (whole.status == DecodeStatus::ok && pieces.status == DecodeStatus::ok) test::require(whole == pieces);
    if (whole.status == DecodeStatus::malformed) test::require(pieces.status != DecodeStatus::ok);
    return 0;
}
