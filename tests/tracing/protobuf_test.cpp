#include "tracing/protobuf.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

#include "observation/random.hpp"

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

/// "1: 150, 2: 3 bytes, failed"
std::string read(std::string_view message) {
    std::string text;
    const auto add = [&](const std::string& what) { text.append(text.empty() ? "" : ", ").append(what); };
    ProtobufReader reader(message);
    while (const auto field = reader.next())
        add(std::to_string(field->number) + ": " +
            (field->type == WireType::varint ? std::to_string(field->varint)
                                             : std::to_string(field->bytes.size()) + " bytes"));
    if (reader.failed()) add("failed");
    return text;
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
        std::vector<std::size_t> sizes{0, 1, 127, 128, 16'383, 16'384, 100'000};
        for (std::size_t size = 4000; size < 4100; ++size) sizes.push_back(size);  // all that fit a first allocation
        for (const std::size_t size : sizes)
            for (const std::size_t expected : {0U, 1000U, 100'000U}) {
                CAPTURE(size);
                CAPTURE(expected);
                const std::string content(size, 'x');
                Protobuf out;
                {
                    const Protobuf::Message outer(out, 1, expected);
                    const Protobuf::Message inner(out, 1, expected);
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

    TEST_CASE("each wire type is read as the specification has it") {
        Protobuf out;
        out.varint(1, 150);
        out.varint(16, UINT64_MAX);
        out.fixed32(2, 0x01020304);
        out.fixed64(3, 1);
        out.bytes(5, "abc");
        out.bytes(6, "");
        CHECK(read(out.bytes()) == "1: 150, 16: 18446744073709551615, 2: 4 bytes, 3: 8 bytes, 5: 3 bytes, 6: 0 bytes");
        CHECK(read("").empty());
        CHECK(read("\x08\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01") == "1: 9223372036854775808");
    }

    TEST_CASE("what is no protobuf ends the reading where it begins, and nothing behind its end is read") {
        using namespace std::string_literals;
        for (const std::string& bad :
             {"\x08"s, "\x08\x80"s, "\x0a"s, "\x0a\x01"s, "\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"s,
              "\x0d\x01\x02\x03"s, "\x09\x01\x02\x03\x04\x05\x06\x07"s, "\x80"s,
              // The number 0; the beginning and the end of a group; types that nobody has defined; eleven bytes.
              "\x00\x01"s, "\x0b\x0c"s, "\x0c"s, "\x0e\x00"s, "\x0f\x00"s, std::string(10, '\x80') + "\x01",
              "\x08" + std::string(10, '\xff') + "\x01"}) {
            CAPTURE(bad);
            const std::string memory = "\x10\x01" + bad;
            const std::unique_ptr<char[]> exact(new char[memory.size()]);  // for the sanitizer: nothing behind it
            memory.copy(exact.get(), memory.size());
            CHECK(read({exact.get(), memory.size()}) == "2: 1, failed");
        }
    }

    TEST_CASE("any bytes are read to some end") {
        Random random;
        for (int i = 0; i < 20'000; ++i) {
            std::string any(random.next() % 40, '\0');
            for (char& c : any) c = static_cast<char>(random.next() % 16 == 0 ? random.next() : random.next() % 24);
            std::size_t bytes = 0;
            ProtobufReader reader(any);
            while (const auto field = reader.next()) {
                CHECK(field->number > 0);
                bytes += field->bytes.size();
            }
            CHECK(bytes <= any.size());
            CHECK(!reader.next());
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
