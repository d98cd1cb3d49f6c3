#include "proxy/body_scanner.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/split_feed.hpp"

using namespace tokenweir::proxy;
using tokenweir::test::splits;
using tokenweir::test::with_exact_copy;
using namespace std::string_literals;

namespace {

constexpr Framing chunked{Framing::Kind::chunked, 0};
constexpr Framing until_close{Framing::Kind::until_close, 0};
constexpr Framing length(std::uint64_t bytes) { return {Framing::Kind::length, bytes}; }

struct Scanned {
    std::string payload;
    std::size_t consumed = 0;
    bool done = false;
    bool failed = false;
    bool operator==(const Scanned&) const = default;
};

doctest::String toString(const Scanned& s) {
    return (s.payload + " / " + std::to_string(s.consumed) + (s.done ? " done" : "") + (s.failed ? " failed" : ""))
        .c_str();
}

/// Feeds the pieces the way the relay does: scan first, then show the payload to the observer from a copy of the state.
Scanned feed(const std::vector<std::string_view>& pieces, Framing framing, const ChunkLimits& limits = {}) {
    BodyScanner scanner(framing, limits);
    Scanned scanned;
    scanned.done = scanner.done();
    for (const auto piece : pieces) {
        with_exact_copy(piece, [&](std::string_view bytes) {
            BodyScanner observer = scanner;
            const auto result = scanner.scan(bytes);
            scanned.failed = result.error != nullptr;
            scanned.done = result.done;
            CHECK(result.done == scanner.done());
            if (scanned.failed) return;
            scanned.consumed += result.consumed;
            observer.scan(bytes.substr(0, result.consumed), [&](std::string_view range) { scanned.payload += range; });
        });
        if (scanned.failed || scanned.done) break;
    }
    if (scanned.failed) scanned.payload.clear(), scanned.consumed = 0;
    return scanned;
}

Scanned scan(const std::string& bytes, Framing framing = chunked, const ChunkLimits& limits = {}) {
    const Scanned whole = feed({bytes}, framing, limits);
    for (const auto& pieces : splits(bytes)) CHECK(feed(pieces, framing, limits) == whole);
    return whole;
}

Scanned complete(const std::string& payload, std::size_t consumed) { return {payload, consumed, true, false}; }

struct Row {
    std::string name;
    std::string bytes;
};

void check_accepted(std::initializer_list<Row> rows) {
    for (const Row& row : rows) {
        CAPTURE(row.name);
        CHECK(scan(row.bytes) == complete("hello", row.bytes.size()));
    }
}

void check_refused(std::initializer_list<Row> rows) {
    for (const Row& row : rows) {
        CAPTURE(row.name);
        CHECK(scan(row.bytes).failed);
    }
}

std::string chunk_with(const std::string& size_line) { return size_line + "\r\nhello\r\n0\r\n\r\n"; }
std::string with_trailer(const std::string& lines) { return "5\r\nhello\r\n0\r\n" + lines + "\r\n"; }

}  // namespace

TEST_SUITE("body_scanner") {
    TEST_CASE("a body that is none has ended before it began") {
        CHECK(BodyScanner().done());
        CHECK(BodyScanner(Framing{}).done());
        CHECK(BodyScanner(length(0)).done());
        CHECK(BodyScanner().scan("x").consumed == 0);
        CHECK(BodyScanner().scan("x").done);
    }

    TEST_CASE("a body with a length ends behind it and not at its piece") {
        CHECK(scan("hello", length(5)) == complete("hello", 5));
        CHECK(scan("helloGET /", length(5)) == complete("hello", 5));
        CHECK(scan("hell", length(5)) == Scanned{"hell", 4, false, false});
        CHECK(scan("hello", length(std::numeric_limits<std::int64_t>::max())) == Scanned{"hello", 5, false, false});
    }

    TEST_CASE("a body until close never ends by itself") {
        CHECK(scan("0\r\n\r\n", until_close) == Scanned{"0\r\n\r\n", 5, false, false});
    }

    TEST_CASE("chunks are taken apart and the body ends behind its last CRLF") {
        CHECK(scan("0\r\n\r\n") == complete("", 5));
        CHECK(scan("5\r\nhello\r\n0\r\n\r\nGET /") == complete("hello", 15));
        CHECK(scan("3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n") == complete("hello", 20));
        CHECK(scan("5\r\nhello\r\n0\r\n") == Scanned{"hello", 13, false, false});
        CHECK(scan("1A\r\nabcdefghijklmnopqrstuvwxyz\r\n000\r\n\r\n").payload == "abcdefghijklmnopqrstuvwxyz");
        CHECK(scan("5\r\n\r\n0\r\n\r\n0\r\n\r\n").payload == "\r\n0\r\n");
        CHECK(scan("7\r\nhello\r\n0\r\n\r\n").failed);
    }

    TEST_CASE("a chunk size is hexadecimal digits that fit in 63 bits") {
        check_accepted({
            {"a leading zero", chunk_with("05")},
            {"sixteen digits", chunk_with("0000000000000005")},
        });
        check_refused({
            {"seventeen digits", chunk_with("00000000000000005")},
            {"empty", chunk_with("")},
            {"a letter", chunk_with("g")},
            {"a suffix", chunk_with("5x")},
            {"0x", chunk_with("0x5")},
            {"a sign", chunk_with("+5")},
            {"minus", chunk_with("-5")},
            {"a leading space", chunk_with(" 5")},
            {"a leading tab", chunk_with("\t5")},
            {"an underscore", chunk_with("0_5")},
            {"a comma", chunk_with("5,5")},
            {"NUL", chunk_with("5\0"s)},
            {"a full-width digit", chunk_with("\xef\xbc\x95")},
            {"white space behind it", chunk_with("5 ")},
            {"a tab behind it", chunk_with("5\t")},
            {"no semicolon", chunk_with("5 a=b")},
            {"2^63", chunk_with("8000000000000000")},
            {"2^64 - 1", chunk_with("ffffffffffffffff")},
            {"2^64", chunk_with("10000000000000000")},
        });
        CHECK(scan("7fffffffffffffff\r\nhello") == Scanned{"hello", 23, false, false});
    }

    TEST_CASE("every line of the chunked coding ends in CRLF") {
        check_refused({
            {"LF behind the size", "5\nhello\r\n0\r\n\r\n"},
            {"CR behind the size", "5\rXhello\r\n0\r\n\r\n"},
            {"CR CR LF behind the size", "5\r\r\nhello\r\n0\r\n\r\n"},
            {"LF behind the data", "5\r\nhello\n0\r\n\r\n"},
            {"CR behind the data", "5\r\nhello\rX0\r\n\r\n"},
            {"nothing behind the data", "5\r\nhello0\r\n\r\n"},
            {"something else behind the data", "5\r\nhelloXX0\r\n\r\n"},
            {"an empty line between chunks", "5\r\nhello\r\n\r\n0\r\n\r\n"},
            {"LF behind the last chunk", "5\r\nhello\r\n0\n\r\n"},
            {"LF as the end", "5\r\nhello\r\n0\r\n\n"},
            {"CR as the end", "5\r\nhello\r\n0\r\n\rX"},
            {"LF behind an extension", "5;a\nhello\r\n0\r\n\r\n"},
            {"LF behind a semicolon", "5;\nhello\r\n0\r\n\r\n"},
            {"CR in an extension", "5;a\rb\r\nhello\r\n0\r\n\r\n"},
            {"LF in a quoted string", "5;a=\"\n\"\r\nhello\r\n0\r\n\r\n"},
            {"CRLF in a quoted string", "5;a=\"\r\nhello\r\n0\r\n\r\n"},
            {"an escaped LF", "5;a=\"\\\n\"\r\nhello\r\n0\r\n\r\n"},
        });
    }

    TEST_CASE("a chunk extension is a name with or without a value") {
        check_accepted({
            {"a name", chunk_with("5;a")},
            {"a value", chunk_with("5;a=b")},
            {"a quoted value", chunk_with("5;a=\"b;c d\"")},
            {"an empty quoted value", chunk_with("5;a=\"\"")},
            {"an escape", chunk_with("5;a=\"\\\"\\\\\"")},
            {"several", chunk_with("5;a;b=c;d=\"e\";f")},
            {"white space where the grammar has it", chunk_with("5 ; a = b\t;\tc = \"d\" ; e")},
            {"8-bit text in quotes", chunk_with("5;a=\"\xff\"")},
            {"on the last chunk", "5\r\nhello\r\n00;x\r\n\r\n"},
        });
        check_refused({
            {"no name", chunk_with("5;")},
            {"no name but a value", chunk_with("5;=b")},
            {"no value", chunk_with("5;a=")},
            {"a second name", chunk_with("5;a b")},
            {"a second value", chunk_with("5;a=b c")},
            {"something behind the quotes", chunk_with("5;a=\"b\"c")},
            {"an open quote", chunk_with("5;a=\"b")},
            {"white space at the end", chunk_with("5;a ")},
            {"white space behind a value", chunk_with("5;a=b ")},
            {"white space behind quotes", chunk_with("5;a=\"b\" ")},
            {"NUL", chunk_with("5;a\0b"s)},
            {"NUL in quotes", chunk_with("5;a=\"\0\""s)},
            {"no size", chunk_with(";a=b")},
        });
    }

    TEST_CASE("chunk extensions have a limit for each chunk and one for the message") {
        const ChunkLimits limits{.extension_bytes_per_chunk = 6, .extension_bytes = 9};
        CHECK(scan(chunk_with("5;abcde"), chunked, limits) == complete("hello", 21));
        CHECK(scan(chunk_with("5;abcdef"), chunked, limits).failed);
        CHECK(scan(chunk_with("5 ;abcde"), chunked, limits).failed);
        const std::string first = "1;abcde\r\nx\r\n";
        CHECK(scan(first + "1;ab\r\ny\r\n0\r\n\r\n", chunked, limits).payload == "xy");
        CHECK(scan(first + "1;abc\r\ny\r\n0\r\n\r\n", chunked, limits).failed);
        CHECK(scan(first + "1;ab\r\ny\r\n0;a\r\n\r\n", chunked, limits).failed);
    }

    TEST_CASE("trailer fields have the grammar of fields") {
        check_accepted({
            {"one", with_trailer("X-Checksum: abc\r\n")},
            {"several", with_trailer("a:\r\nb: 1 \r\nc: \t\xff\r\n")},
            {"a prefix of a forbidden name", with_trailer("Content-Lengt: 1\r\n")},
            {"a forbidden name and more", with_trailer("X-Host: 1\r\n")},
        });
        check_refused({
            {"no colon", with_trailer("nocolon\r\n")},
            {"no name", with_trailer(": a\r\n")},
            {"a space before the colon", with_trailer("X : a\r\n")},
            {"a folded line", with_trailer("X: a\r\n b\r\n")},
            {"white space first", with_trailer(" X: a\r\n")},
            {"a bad name", with_trailer("X(: a\r\n")},
            {"a control byte", with_trailer("X: \x1b\r\n")},
            {"NUL", with_trailer("X: \0\r\n"s)},
            {"CR", with_trailer("X: a\rb\r\n")},
            {"LF", with_trailer("X: a\n")},
            {"LF LF", "5\r\nhello\r\n0\r\nX: b\n\nGET /"},
        });
    }

    TEST_CASE("a trailer cannot name what a recipient needs before the content") {
        for (const char* name : {"Content-Length",
                                 "transfer-encoding",
                                 "TE",
                                 "Trailer",
                                 "Connection",
                                 "Host",
                                 "Authorization",
                                 "x-api-key",
                                 "Cookie",
                                 "Set-Cookie",
                                 "Content-Type",
                                 "content-encoding",
                                 "Content-Range",
                                 "Expect",
                                 "X-Forwarded-For",
                                 "Range",
                                 "Cache-Control",
                                 "If-Match",
                                 "Proxy-Authorization",
                                 "Upgrade",
                                 "Max-Forwards"}) {
            CAPTURE(std::string(name));
            CHECK(scan(with_trailer("X: 1\r\n"s + name + ": 1\r\n")).failed);
        }
    }

    TEST_CASE("trailers have limits in bytes and in fields") {
        const ChunkLimits bytes{.trailer_bytes = 12};
        CHECK(scan(with_trailer("a: 1\r\nb: 2\r\n"), chunked, bytes).done);
        CHECK(scan(with_trailer("a: 1\r\nb: 22\r\n"), chunked, bytes).failed);
        const ChunkLimits fields{.trailer_fields = 2};
        CHECK(scan(with_trailer("a: 1\r\nb: 2\r\n"), chunked, fields).done);
        CHECK(scan(with_trailer("a: 1\r\nb: 2\r\nc: 3\r\n"), chunked, fields).failed);
    }

    TEST_CASE("after an error nothing is read any more") {
        BodyScanner scanner(chunked);
        const auto first = scanner.scan("x\r\n");
        REQUIRE(first.error != nullptr);
        const auto second = scanner.scan("0\r\n\r\n");
        CHECK(second.error == first.error);
        CHECK(second.consumed == 0);
        CHECK_FALSE(scanner.done());
    }

    TEST_CASE("large chunks are handed on in one range for each piece") {
        const std::string data(100'000, 'x');
        const std::string bytes = "186a0\r\n" + data + "\r\n0\r\n\r\n";
        int ranges = 0;
        BodyScanner scanner(chunked);
        const auto result = scanner.scan(bytes, [&](std::string_view range) {
            ++ranges;
            CHECK(range == data);
        });
        CHECK(ranges == 1);
        CHECK(result.done);
        CHECK(result.consumed == bytes.size());
    }
}
