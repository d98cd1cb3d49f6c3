// However a body is cut, the same members are found in it, and nothing kept is longer than it may be.
#include <optional>
#include <vector>

#include "parsers/request_scanner.hpp"
#include "tests/fuzz/fuzzed_pieces.hpp"

namespace {

using namespace tokenweir;

const parsers::WantedMembers names{"a", "model", "stream", "stop", "messages[]"};

struct Scanned {
    std::vector<std::optional<parsers::ScannedMember>> members;
    bool malformed = false;

    bool operator==(const Scanned&) const = default;
};

template <class Cut>
Scanned scan(Cut cut) {
    parsers::RequestScanner scanner(names);
    cut([&](std::string_view piece) { scanner.feed(piece); });
    Scanned scanned;
    for (const std::string_view name : {"a", "model", "stream", "stop", "messages"}) {
        const parsers::ScannedMember* member = scanner.member(name);
        scanned.members.push_back(member ? std::optional(*member) : std::nullopt);
        if (member) test::require(member->text.size() <= parsers::RequestScanner::max_value_bytes);
    }
    scanned.malformed = scanner.malformed();
    return scanned;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 1) return 0;
    const std::string_view body(reinterpret_cast<const char*>(data) + 1, size - 1);
    const Scanned whole = scan([body](auto use) { use(body); });
    const Scanned pieces = scan([=](auto use) { test::in_pieces(body, data[0], use); });
    test::require(whole == pieces);
    return 0;
}
