// However a chunked body is cut it is judged and taken apart alike, and it ends where a strict reader ends it.
#include "tests/fuzz/fuzzed_pieces.hpp"
#include "tests/proxy/guard_properties.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace tokenweir;
    if (size < 1) return 0;
    const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
    test::require(test::broken_chunked_property(bytes, test::cut(bytes, data[0])) == nullptr);
    return 0;
}
