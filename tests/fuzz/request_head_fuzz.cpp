// However a request head arrives it is judged alike, and what is passed on is read upstream as it was read here.
#include "tests/fuzz/fuzzed_pieces.hpp"
#include "tests/proxy/guard_properties.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace tokenweir;
    if (size < 1) return 0;
    const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
    test::require(test::broken_request_property(bytes, test::cut(bytes, data[0])) == nullptr);
    return 0;
}
