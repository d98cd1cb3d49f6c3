// However a stream is cut, the same events come out of it and the limit is hit at the same one.
#include <string>
#include <utility>
#include <vector>

#include "parsers/sse_decoder.hpp"
#include "tests/fuzz/fuzzed_pieces.hpp"

namespace {

using namespace tokenweir;

struct Decoded {
    std::vector<std::pair<std::string, std::string>> events;
    bool over_limit = false;

    bool operator==(const Decoded&) const = default;
};

template <class Cut>
Decoded decode(std::size_t limit, Cut cut) {
    parsers::SseDecoder decoder(limit);
    Decoded decoded;
    cut([&](std::string_view piece) {
        decoder.feed(piece);
        while (const auto event = decoder.next()) decoded.events.emplace_back(event->type, event->data);
    });
    if (const auto event = decoder.finish()) decoded.events.emplace_back(event->type, event->data);
    decoded.over_limit = decoder.over_limit();
    return decoded;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return 0;
    const std::string_view body(reinterpret_cast<const char*>(data) + 2, size - 2);
    const std::size_t limit = data[1];
    const Decoded whole = decode(limit, [body](auto use) { use(body); });
    const Decoded pieces = decode(limit, [=](auto use) { test::in_pieces(body, data[0], use); });
    test::require(whole == pieces);
    for (const auto& [type, text] : whole.events)
        test::require(type.size() <= std::max<std::size_t>(limit, 5) && text.size() <= limit);
    return 0;
}
