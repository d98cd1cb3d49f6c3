#include "tracing/protobuf.hpp"

#include <doctest/doctest.h>

#include <string>

namespace tokenweir::tracing {
namespace {

std::string text_field(std::string_view text) {
    Protobuf out;
    out.text(1, text);
    return std::string(out.bytes());
}

std::string bytes_field(std::string_view bytes) {
    Protobuf out;
    out.bytes(1, bytes);
    return std::string(out.bytes());
}

TEST_SUITE("protobuf") {
    TEST_CASE("each wire type is written as the specification has it") {
        Protobuf out;
        out.varint(1, 150);
        out.varint(16, UINT64_MAX);
        out.fixed32(2, 0x01020304);
        out.fixed64(3, 1);
        out.real(4, 1.0);
        out.bytes(5, std::string_view("\0x", 2));
        CHECK(out.bytes() == std::string_view("\x08\x96\x01"
                                              "\x80\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"
                                              "\x15\x04\x03\x02\x01"
                                              "\x19\x01\0\0\0\0\0\0\0"
                                              "\x21\0\0\0\0\0\0\xf0\x3f"
                                              "\x2a\x02\0x",
                                              3 + 12 + 5 + 9 + 9 + 4));
    }

    TEST_CASE("a message has the shortest length before it, however long and deep it is") {
        for (const std::size_t size : {0U, 1U, 127U, 128U, 16'383U, 16'384U, 100'000U}) {
            CAPTURE(size);
            const std::string content(size, 'x');
            Protobuf out;
            {
                const Protobuf::Message outer(out, 1);
                const Protobuf::Message inner(out, 1);
                out.text(1, content);
            }
            // To the wire, a message is bytes.
            CHECK((out.bytes() == bytes_field(bytes_field(bytes_field(content)))));
        }
    }

    TEST_CASE("what is not UTF-8 is replaced wherever it is, and nothing else") {
        for (std::size_t size = 1; size < 40; ++size)
            for (std::size_t at = 0; at < size; ++at) {
                CAPTURE(size);
                CAPTURE(at);
                const std::string before(at, 'a'), behind(size - at - 1, 'b');
                CHECK(text_field(before + '\xff' + behind) == text_field(before + "\xEF\xBF\xBD" + behind));
                const std::string fine = before + "\xC3\xA9" + behind;
                CHECK(text_field(fine).substr(2) == fine);
            }
    }

    TEST_CASE("memory is used again") {
        Protobuf out;
        out.text(1, "abc");
        const char* const memory = out.bytes().data();
        out.clear();
        CHECK(out.bytes().empty());
        out.text(1, "d");
        CHECK(out.bytes() ==
              "\x0a\x01"
              "d");
        CHECK(out.bytes().data() == memory);
    }
}

}  // namespace
}  // namespace tokenweir::tracing
