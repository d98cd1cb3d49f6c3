#include <doctest/doctest.h>

#include <string>

#include "proxy/http_head.hpp"
#include "tests/proxy/judge.hpp"

using namespace tokenweir;
using namespace tokenweir::proxy;
using tokenweir::test::judge_response;
using tokenweir::test::kept_lines;
using tokenweir::test::ParsedResponse;
using tokenweir::test::splits;
using namespace std::string_literals;

namespace {

struct Row {
    std::string name;
    std::string raw;
    bool accepted;
};

std::string with(const std::string& line) { return "HTTP/1.1 200 OK\r\n" + line + "\r\nX-After: 1\r\n\r\n"; }

void check(std::initializer_list<Row> rows) {
    for (const Row& row : rows) {
        CAPTURE(row.name);
        const auto whole = judge_response({row.raw});
        CAPTURE(whole.reason);
        CHECK(whole.complete == row.accepted);
        CHECK(whole.status == (row.accepted ? 0 : 502));
        for (const auto& pieces : splits(row.raw)) {
            const auto cut = judge_response(pieces);
            CHECK(cut.status == whole.status);
            CHECK(cut.end == whole.end);
        }
    }
}

}  // namespace

TEST_SUITE("response_head") {
    TEST_CASE("a status line is a version and three digits and perhaps a reason") {
        check({
            {"plain", "HTTP/1.1 200 OK\r\n\r\n", true},
            {"HTTP/1.0", "HTTP/1.0 200 OK\r\n\r\n", true},
            {"no reason", "HTTP/1.1 200 \r\n\r\n", true},
            {"no reason and no space", "HTTP/1.1 200\r\n\r\n", true},
            {"a reason of 8-bit text", "HTTP/1.1 200 \xe9\tx \r\n\r\n", true},
            {"the lowest status", "HTTP/1.1 100 Continue\r\n\r\n", true},
            {"the highest status", "HTTP/1.1 599 X\r\n\r\n", true},
            {"a status that nobody registered", "HTTP/1.1 529 Site Overloaded\r\n\r\n", true},
            {"below the lowest", "HTTP/1.1 099 X\r\n\r\n", false},
            {"above the highest", "HTTP/1.1 600 X\r\n\r\n", false},
            {"two digits", "HTTP/1.1 20 OK\r\n\r\n", false},
            {"four digits", "HTTP/1.1 2000 OK\r\n\r\n", false},
            {"a sign", "HTTP/1.1 -20 OK\r\n\r\n", false},
            {"a letter", "HTTP/1.1 2x0 OK\r\n\r\n", false},
            {"two spaces", "HTTP/1.1  200 OK\r\n\r\n", false},
            {"a tab", "HTTP/1.1\t200 OK\r\n\r\n", false},
            {"a tab behind the status", "HTTP/1.1 200\tOK\r\n\r\n", false},
            {"no status", "HTTP/1.1\r\n\r\n", false},
            {"HTTP/1.2", "HTTP/1.2 200 OK\r\n\r\n", false},
            {"HTTP/2", "HTTP/2.0 200 OK\r\n\r\n", false},
            {"HTTP/0.9", "<html>\r\n\r\n", false},
            {"lower case", "http/1.1 200 OK\r\n\r\n", false},
            {"another name", "ICY 200 OK\r\n\r\n", false},
            {"an empty line first", "\r\nHTTP/1.1 200 OK\r\n\r\n", false},
            {"CR in the reason", "HTTP/1.1 200 O\rK\r\n\r\n", false},
            {"NUL in the reason", "HTTP/1.1 200 O\0K\r\n\r\n"s, false},
            {"LF behind the status line", "HTTP/1.1 200 OK\nA: b\r\n\r\n", false},
        });
        CHECK(ParsedResponse("HTTP/1.1 200 All right\r\n\r\n").head.reason == "All right");
        CHECK(ParsedResponse("HTTP/1.1 200\r\n\r\n").head.reason.empty());
        CHECK(ParsedResponse("HTTP/1.0 404 X\r\n\r\n").head.status == 404);
    }

    TEST_CASE("field lines have the grammar that requests have") {
        check({
            {"a Host means nothing here", with("Host: a\r\nHost: b"), true},
            {"8-bit text", with("X: \xff"), true},
            {"a folded line", with("X: a\r\n b"), false},
            {"white space first", with(" X: a"), false},
            {"a space before the colon", with("X : a"), false},
            {"no colon", with("X"), false},
            {"no name", with(": a"), false},
            {"a bad name", with("X(: a"), false},
            {"ESC", with("X: \x1b[1m"), false},
            {"CR", with("X: a\rSet-Cookie: b"), false},
            {"LF", with("X: a\nSet-Cookie: b"), false},
        });
    }

    TEST_CASE("framing fields that contradict each other or themselves are refused") {
        check({
            {"a length", with("Content-Length: 5"), true},
            {"chunked", with("Transfer-Encoding: CHUNKED"), true},
            {"two equal lengths", with("Content-Length: 5\r\nContent-Length: 5"), false},
            {"two lengths", with("Content-Length: 5\r\nContent-Length: 6"), false},
            {"a list of lengths", with("Content-Length: 5, 5"), false},
            {"an empty length", with("Content-Length: "), false},
            {"a signed length", with("Content-Length: +5"), false},
            {"a length of 2^63", with("Content-Length: 9223372036854775808"), false},
            {"a length and chunked", with("Content-Length: 5\r\nTransfer-Encoding: chunked"), false},
            {"chunked and a length", with("Transfer-Encoding: chunked\r\nContent-Length: 5"), false},
            {"gzip", with("Transfer-Encoding: gzip"), false},
            {"gzip, chunked", with("Transfer-Encoding: gzip, chunked"), false},
            {"chunked, chunked", with("Transfer-Encoding: chunked, chunked"), false},
            {"chunked twice", with("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked"), false},
            {"chunked in HTTP/1.0", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", false},
        });
    }

    TEST_CASE("framing follows from the status and the method before the fields") {
        using Kind = Framing::Kind;
        const auto framing = [](const char* status, const char* lines, const char* method = "GET") {
            const ParsedResponse parsed("HTTP/1.1 "s + status + "\r\n" + lines + "\r\n", method);
            CHECK_FALSE(parsed.refusal);
            return parsed.head.framing;
        };
        CHECK(framing("200 OK", "Content-Length: 5\r\n") == Framing{Kind::length, 5});
        CHECK(framing("200 OK", "Content-Length: 0\r\n") == Framing{});
        CHECK(framing("200 OK", "Transfer-Encoding: chunked\r\n") == Framing{Kind::chunked, 0});
        CHECK(framing("200 OK", "") == Framing{Kind::until_close, 0});
        CHECK(framing("205 X", "") == Framing{Kind::until_close, 0});
        for (const char* status : {"100 Continue", "103 Early Hints", "204 No Content", "304 Not Modified"}) {
            CAPTURE(std::string(status));
            CHECK(framing(status, "") == Framing{});
            CHECK(framing(status, "Content-Length: 5\r\n") == Framing{});
            CHECK(framing(status, "Transfer-Encoding: chunked\r\n") == Framing{});
        }
        CHECK(framing("200 OK", "", "HEAD") == Framing{});
        CHECK(framing("200 OK", "Content-Length: 5\r\n", "HEAD") == Framing{});
        CHECK(framing("200 OK", "Transfer-Encoding: chunked\r\n", "HEAD") == Framing{});
        CHECK(framing("200 OK", "", "head") == Framing{Kind::until_close, 0});
    }

    TEST_CASE("where there is no body contradictory fields are refused all the same because the client sees them") {
        for (const char* start : {"HTTP/1.1 304 X\r\n", "HTTP/1.1 204 X\r\n", "HTTP/1.1 103 X\r\n"}) {
            CHECK(judge_response({start + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"s}).status == 502);
        }
        CHECK(judge_response({with("Content-Length: x")}, "HEAD").status == 502);
    }

    TEST_CASE("lengths that may not be there are dropped and those that describe another answer stay") {
        const std::string lines = "Content-Length: 5\r\nX: 1\r\n";
        CHECK(kept_lines(ParsedResponse("HTTP/1.1 204 X\r\n" + lines + "\r\n").head) == "X: 1\r\n");
        CHECK(kept_lines(ParsedResponse("HTTP/1.1 103 X\r\n" + lines + "\r\n").head) == "X: 1\r\n");
        CHECK(kept_lines(ParsedResponse("HTTP/1.1 204 X\r\nTransfer-Encoding: chunked\r\n\r\n").head).empty());
        CHECK(kept_lines(ParsedResponse("HTTP/1.1 304 X\r\n" + lines + "\r\n").head) == lines);
        CHECK(kept_lines(ParsedResponse("HTTP/1.1 200 X\r\n" + lines + "\r\n", "HEAD").head) == lines);
    }

    TEST_CASE("hop-by-hop fields and what Connection lists are dropped but never what everyone needs") {
        const ParsedResponse parsed(
            "HTTP/1.1 200 OK\r\nConnection: X-Hop, Transfer-Encoding, Set-Cookie\r\nX-Hop: 1\r\nKeep-Alive: 1\r\n"
            "Proxy-Connection: 1\r\nUpgrade: h2c\r\nTrailer: X\r\nSet-Cookie: a\r\nset-cookie: b\r\n"
            "Transfer-Encoding: chunked\r\nHost: c\r\n\r\n");
        REQUIRE_FALSE(parsed.refusal);
        CHECK(kept_lines(parsed.head) == "Set-Cookie: a\r\nset-cookie: b\r\nTransfer-Encoding: chunked\r\nHost: c\r\n");
    }

    TEST_CASE("a connection stays open if the upstream says so and the body does not need its end") {
        const auto stays = [](const std::string& start, const std::string& lines, const char* method = "GET") {
            return ParsedResponse(start + " 200 OK\r\n" + lines + "\r\n", method).head.keep_alive;
        };
        CHECK(stays("HTTP/1.1", "Content-Length: 5\r\n"));
        CHECK_FALSE(stays("HTTP/1.1", "Content-Length: 5\r\nConnection: close\r\n"));
        CHECK_FALSE(stays("HTTP/1.0", "Content-Length: 5\r\n"));
        CHECK(stays("HTTP/1.0", "Content-Length: 5\r\nConnection: keep-alive\r\n"));
        CHECK_FALSE(stays("HTTP/1.1", ""));
        CHECK_FALSE(stays("HTTP/1.0", "Connection: keep-alive\r\n"));
        CHECK(stays("HTTP/1.1", "", "HEAD"));
    }
}
