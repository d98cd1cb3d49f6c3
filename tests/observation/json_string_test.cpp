#include "observation/json_string.hpp"

#include <doctest/doctest.h>

using namespace tokenweir;

namespace {

std::string quoted(std::string_view text) {
    std::string out;
    append_json_string(out, text);
    return out;
}

}  // namespace

TEST_SUITE("json_string") {
    TEST_CASE("a string is escaped, and what is no UTF-8 replaced") {
        CHECK(quoted("") == R"("")");
        CHECK(quoted("a\"\\\n\r\t\x01\x1f\x7fä\xFF") == "\"a\\\"\\\\\\n\\r\\t\\u0001\\u001f\\u007fä\xEF\xBF\xBD\"");
    }
}
