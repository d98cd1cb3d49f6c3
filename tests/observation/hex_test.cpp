#include "observation/hex.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

using namespace tokenweir;

TEST_SUITE("hex") {
    TEST_CASE("every byte has its two digits, wherever it stands") {
        constexpr std::string_view digits = "0123456789abcdef";
        for (unsigned byte = 0; byte < 256; ++byte)
            for (std::size_t place = 0; place < 8; ++place) {
                std::array<std::uint8_t, 8> bytes{};
                bytes[place] = static_cast<std::uint8_t>(byte);
                std::string expected(16, '0');
                expected[2 * place] = digits[byte >> 4];
                expected[2 * place + 1] = digits[byte & 15];
                const auto text = to_hex(bytes);
                CHECK(std::string_view(text.data(), text.size()) == expected);
            }
    }

    TEST_CASE("a number is written from its highest digit on") {
        constexpr std::array<char, 16> text = to_hex(std::uint64_t{0x0123456789abcdef});
        CHECK(std::string_view(text.data(), text.size()) == "0123456789abcdef");
    }
}
