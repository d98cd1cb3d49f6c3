// However a response head arrives it is judged alike, and what is passed on is read by the client as it was read here.
#include "tests/fuzz/fuzzed_pieces.hpp"
#include "tests/proxy/guard_properties.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace tokenweir;
    if (size < 2) return 0;
    const std::string_view bytes(reinterpret_cast<const char*>(data) + 2, size - 2);
    const auto version = (data[1] & 1) != 0 ? proxy::Version::http_1_0 : proxy::Version::http_1_1;
    const std::string_view method = (data[1] & 2) != 0 ? "HEAD" : "GET";
    test::require(test::broken_response_property(bytes, test::cut(bytes, data[0]), method, version) == nullptr);
    return 0;
}
