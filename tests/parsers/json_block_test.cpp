#include "parsers/json_block.hpp"

#include <doctest/doctest.h>

#include <array>
#include <random>

using namespace tokenweir::parsers;

namespace {

/// Bytes that matter, more often than others.
std::array<char, json_block_bytes> random_block(std::mt19937& random) {
    static constexpr char favoured[] = {'"',    '\\',   '{',    '}',    '[',    ']',  ',',
                                        '\x5b', '\x0c', '\x2c', '\xdb', '\xfb', '\0', '\xff'};
    std::array<char, json_block_bytes> block;
    for (char& c : block) c = random() % 2 ? favoured[random() % sizeof favoured] : static_cast<char>(random());
    return block;
}

template <class Test>
std::uint64_t mask(const std::array<char, json_block_bytes>& block, Test test) {
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < block.size(); ++i)
        if (test(block[i])) bits |= std::uint64_t{1} << i;
    return bits;
}

}  // namespace

TEST_SUITE("json_block") {
    TEST_CASE("the masks mark the bytes they are named for: with and without SSE2") {
        std::mt19937 random(1);
        for (int i = 0; i < 2000; ++i) {
            const auto block = random_block(random);
            const QuoteMasks quotes{mask(block, [](char c) { return c == '"'; }),
                                    mask(block, [](char c) { return c == '\\'; })};
            CHECK(quote_masks(block.data()) == quotes);
            CHECK(portable::quote_masks(block.data()) == quotes);
            const StructureMasks structure{mask(block, [](char c) { return c == '[' || c == '{'; }),
                                           mask(block, [](char c) { return c == ']' || c == '}'; }),
                                           mask(block, [](char c) { return c == ','; })};
            CHECK(structure_masks(block.data()) == structure);
            CHECK(portable::structure_masks(block.data()) == structure);
            const auto controls = mask(block, [](char c) { return static_cast<unsigned char>(c) < 0x20; });
            CHECK(control_mask(block.data()) == controls);
            CHECK(portable::control_mask(block.data()) == controls);
        }
    }

    TEST_CASE("a quote is seen wherever it stands in a block") {
        std::array<char, json_block_bytes> block;
        block.fill('a');
        CHECK_FALSE(has_quote(block.data()));
        CHECK_FALSE(portable::has_quote(block.data()));
        for (char& c : block) {
            c = '"';
            CHECK(has_quote(block.data()));
            CHECK(portable::has_quote(block.data()));
            c = 'a';
        }
    }

    TEST_CASE("a control byte is seen wherever it stands in a block") {
        std::array<char, json_block_bytes> block;
        block.fill('\x20');
        for (char& c : block) {
            for (const char rare : {'\0', '\x1f', '\x20', '\x7f', '\x80', '\xff'}) {
                c = rare;
                const bool control = static_cast<unsigned char>(rare) < 0x20;
                CHECK(has_control(block.data()) == control);
                CHECK(portable::has_control(block.data()) == control);
            }
            c = '\x7f';
        }
    }

    TEST_CASE("an odd run of backslashes escapes what follows it: across blocks too") {
        std::mt19937 random(2);
        std::uint64_t carry = 0;
        bool escaped = false;
        for (int i = 0; i < 2000; ++i) {
            const auto block = random_block(random);
            std::uint64_t expected = 0;
            for (std::size_t at = 0; at < block.size(); ++at) {
                if (escaped) expected |= std::uint64_t{1} << at;
                escaped = !escaped && block[at] == '\\';
            }
            CHECK(escaped_mask(quote_masks(block.data()).backslashes, carry) == expected);
            CHECK((carry == 1) == escaped);
        }
    }

    TEST_CASE("what stands between quotes begins with the opening one") {
        CHECK(between_quotes(0) == 0);
        CHECK(between_quotes(0b1000100) == 0b0111100);
        CHECK(between_quotes(std::uint64_t{1} << 60) == std::uint64_t{0xf} << 60);
        CHECK(between_quotes(0b11) == 0b1);
    }
}
