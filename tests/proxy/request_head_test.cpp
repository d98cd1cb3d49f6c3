#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "proxy/http_head.hpp"
#include "tests/proxy/judge.hpp"

using namespace tokenweir;
using namespace tokenweir::proxy;
using tokenweir::test::judge_request;
using tokenweir::test::kept_lines;
using tokenweir::test::ParsedRequest;
using tokenweir::test::splits;
using namespace std::string_literals;
using namespace std::string_view_literals;

namespace {

struct Row {
    std::string name;
    std::string raw;
    int status;  ///< 0: accepted
};

const std::string get = "GET /v1 HTTP/1.1\r\n";
const std::string post = "POST /v1 HTTP/1.1\r\nHost: a\r\n";

/// One more field line in an otherwise plain request.
std::string with(const std::string& line) { return get + "Host: a\r\n" + line + "\r\nX-After: 1\r\n\r\n"; }
std::string with_host(const std::string& value) { return get + "Host: " + value + "\r\n\r\n"; }

void check(std::initializer_list<Row> rows) {
    for (const Row& row : rows) {
        CAPTURE(row.name);
        const auto whole = judge_request({row.raw});
        CAPTURE(whole.reason);
        CHECK(whole.complete == (row.status == 0));
        CHECK(whole.status == row.status);
        for (const auto& pieces : splits(row.raw)) {
            const auto cut = judge_request(pieces);
            CHECK(cut.status == whole.status);
            CHECK(cut.complete == whole.complete);
            CHECK(cut.end == whole.end);
        }
    }
}

bool is_dropped(const RequestHead& head, std::string_view name) {
    for (std::size_t i = 0; i < head.fields.size(); ++i)
        if (iequals(head.fields[i].name, name)) return std::ranges::binary_search(head.dropped, i);
    return false;
}

}  // namespace

TEST_SUITE("request_head") {
    TEST_CASE("a request line is a method and a target and a version with one space between them") {
        check({
            {"plain", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", 0},
            {"a method that nobody registered", "Q-1 / HTTP/1.1\r\nHost: a\r\n\r\n", 0},
            {"a later minor version is read as 1.1", "GET / HTTP/1.2\r\nHost: a\r\n\r\n", 0},
            {"every visible byte in the target", "GET /!\"$%&'()*+,-./:;<=>?@[\\]^_`{|}~ HTTP/1.1\r\nHost: a\r\n\r\n",
             0},
            {"two spaces before the target", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
            {"two spaces before the version", "GET /  HTTP/1.1\r\nHost: a\r\n\r\n", 400},
            {"a space at the end", "GET / HTTP/1.1 \r\nHost: a\r\n\r\n", 400},
            {"a space at the start", " GET / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
            {"tabs between", "GET\t/\tHTTP/1.1\r\nHost: a\r\n\r\n", 400},
            {"a space in the target", "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", 400},
            {"no target", "GET HTTP/1.1\r\nHost: a\r\n\r\n", 400},
            {"HTTP/0.9", "GET /\r\n\r\n", 400},
            {"a method alone", "GET\r\n\r\n", 400},
            {"lower-case name", "GET / http/1.1\r\nHost: a\r\n\r\n", 400},
            {"another name", "GET / ICY/1.1\r\nHost: a\r\n\r\n", 400},
            {"two digits", "GET / HTTP/1.10\r\nHost: a\r\n\r\n", 400},
            {"a leading zero", "GET / HTTP/01.1\r\nHost: a\r\n\r\n", 400},
            {"no minor version", "GET / HTTP/1.\r\nHost: a\r\n\r\n", 400},
            {"HTTP/2", "GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505},
            {"HTTP/0.9 with its name", "GET / HTTP/0.9\r\nHost: a\r\n\r\n", 505},
            {"the HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
            {"a byte that no token has", "GE(T / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
            {"NUL in the method", "GE\0T / HTTP/1.1\r\nHost: a\r\n\r\n"s, 400},
            {"NUL in the target", "GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n"s, 400},
            {"NUL behind the version", "GET / HTTP/1.1\0\r\nHost: a\r\n\r\n"s, 400},
            {"CR in the target", "GET /a\rb HTTP/1.1\r\nHost: a\r\n\r\n", 400},
            {"DEL in the target", "GET /\x7f HTTP/1.1\r\nHost: a\r\n\r\n", 400},
            {"8-bit bytes in the target", "GET /\xc3\xa9 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
            {"a fragment", "GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n", 400},
            {"CONNECT", "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n", 405},
            {"TRACE", "TRACE / HTTP/1.1\r\nHost: a\r\n\r\n", 405},
        });
    }

    TEST_CASE("the target has one of the forms that a reverse proxy serves") {
        check({
            {"asterisk for OPTIONS", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", 0},
            {"absolute, naming what Host names", "GET http://a/v1?x HTTP/1.1\r\nHost: A\r\n\r\n", 0},
            {"absolute, with the default port", "GET HTTP://a:80/ HTTP/1.1\r\nHost: a\r\n\r\n", 0},
            {"absolute, https with the default port", "GET https://a/ HTTP/1.1\r\nHost: a:443\r\n\r\n", 0},
            {"absolute, without a Host in HTTP/1.0", "GET http://a/ HTTP/1.0\r\n\r\n", 0},
            {"absolute, naming another server", "GET http://a/ HTTP/1.1\r\nHost: b\r\n\r\n", 400},
            {"absolute, naming another port", "GET http://a:81/ HTTP/1.1\r\nHost: a\r\n\r\n", 400},
            {"absolute, https with the other default port", "GET https://a/ HTTP/1.1\r\nHost: a:80\r\n\r\n", 400},
            {"absolute, without a Host in HTTP/1.1", "GET http://a/ HTTP/1.1\r\n\r\n", 400},
            {"absolute, with userinfo", "GET http://u:p@a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400},
            {"absolute, without a host", "GET http:///v1 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
            {"absolute, with a query but no path", "GET http://a?x HTTP/1.1\r\nHost: a\r\n\r\n", 400},
            {"another scheme", "GET file:///etc/passwd HTTP/1.1\r\nHost: a\r\n\r\n", 400},
            {"asterisk for GET", "GET * HTTP/1.1\r\nHost: a\r\n\r\n", 400},
            {"asterisk and more", "OPTIONS */x HTTP/1.1\r\nHost: a\r\n\r\n", 400},
            {"authority alone", "GET a:443 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
            {"a query alone", "GET ?a HTTP/1.1\r\nHost: a\r\n\r\n", 400},
            {"a relative path", "GET v1 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        });
    }

    TEST_CASE("an absolute-form target is cut down to its path and query") {
        const auto origin = [](const char* line) {
            return std::string(ParsedRequest(line + " HTTP/1.0\r\n\r\n"s).head.origin_target);
        };
        CHECK(origin("GET http://a/v1?x=1") == "/v1?x=1");
        CHECK(origin("GET http://a/") == "/");
        CHECK(origin("GET http://a") == "/");
        CHECK(origin("OPTIONS http://a") == "*");
        CHECK(origin("OPTIONS *") == "*");
        CHECK(origin("GET /a/../b?") == "/a/../b?");
        CHECK(ParsedRequest("GET http://a:1/ HTTP/1.0\r\n\r\n").head.host == "a:1");
    }

    TEST_CASE("there is exactly one Host and it names a host") {
        check({
            {"a name and a port", with_host("example.test:8443"), 0},
            {"missing", get + "X: 1\r\n\r\n", 400},
            {"missing in HTTP/1.0", "GET / HTTP/1.0\r\n\r\n", 0},
            {"empty in HTTP/1.0", "GET / HTTP/1.0\r\nHost:\r\n\r\n", 0},
            {"bad in HTTP/1.0", "GET / HTTP/1.0\r\nHost: a/b\r\n\r\n", 400},
            {"empty", with_host(""), 400},
            {"twice the same", get + "Host: a\r\nHost: a\r\n\r\n", 400},
            {"twice, the first empty", get + "Host:\r\nHost: a\r\n\r\n", 400},
            {"a blank inside", with_host("a b"), 400},
            {"a tab inside", with_host("a\tb"), 400},
            {"a path", with_host("a/b"), 400},
            {"userinfo", with_host("u@a"), 400},
            {"two hosts", with_host("a,b"), 400},
        });
    }

    TEST_CASE("a field line is a token and a colon and text") {
        check({
            {"no space", with("X:1"), 0},
            {"blanks around the value", with("X: \t 1 \t"), 0},
            {"no value", with("X:"), 0},
            {"every token byte", with("!#$%&'*+-.^_`|~09azAZ: 1"), 0},
            {"8-bit text", with("X: \x80\xff"), 0},
            {"a tab inside a value", with("X: a\tb"), 0},
            {"a space before the colon", with("X : 1"), 400},
            {"a tab before the colon", with("X\t: 1"), 400},
            {"no colon", with("X 1"), 400},
            {"no colon and no blank", with("X"), 400},
            {"no name", with(": 1"), 400},
            {"a colon alone", with(":"), 400},
            {"a byte that no token has", with("X(: 1"), 400},
            {"an 8-bit byte in the name", with("X\xff: 1"), 400},
            {"NUL in the name", with("X\0: 1"s), 400},
            {"NUL in the value", with("X: \0"s), 400},
            {"BEL in the value", with("X: \a"), 400},
            {"ESC in the value", with("X: \x1b[1m"), 400},
            {"DEL in the value", with("X: \x7f"), 400},
            {"CR in the value", with("X: a\rb"), 400},
            {"CR before CRLF", with("X: a\r"), 400},
            {"CR in the name", with("X\rY: a"), 400},
            {"LF in the value", with("X: a\nY: b"), 400},
            {"LF in the name", with("X\nY: b"), 400},
            {"a folded line", with("X: a\r\n b"), 400},
            {"a line folded with a tab", with("X: a\r\n\tb"), 400},
            {"white space before the first field", get + " X: 1\r\nHost: a\r\n\r\n", 400},
            {"CR and more where the empty line should be", get + "Host: a\r\n\rX: 1\r\n\r\n", 400},
            {"a second request line", get + get + "Host: a\r\n\r\n", 400},
        });
    }

    TEST_CASE("lines end in CRLF and nothing else") {
        check({
            {"LF behind the request line", "GET / HTTP/1.1\nHost: a\r\n\r\n", 400},
            {"LF everywhere", "GET / HTTP/1.1\nHost: a\n\n", 400},
            {"LF LF as the end", "GET / HTTP/1.1\r\nHost: a\n\nX: 1\r\n\r\n", 400},
            {"LF as the empty line", "GET / HTTP/1.1\r\nHost: a\r\n\nX: 1\r\n\r\n", 400},
            {"LF before the request line", "\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
            {"CR before the request line", "\rGET / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
            {"an empty line before the request line", "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 0},
        });
    }

    TEST_CASE("a Content-Length is one decimal number below 2^63") {
        const auto length = [](const std::string& value) { return post + "Content-Length: " + value + "\r\n\r\n"; };
        check({
            {"a number", length("5"), 0},
            {"zero", length("0"), 0},
            {"leading zeros are decimal", length("010"), 0},
            {"2^63 - 1", length("9223372036854775807"), 0},
            {"2^63", length("9223372036854775808"), 400},
            {"2^64 + 1", length("18446744073709551617"), 400},
            {"nineteen digits", length("0000000000000000005"), 0},
            {"twenty digits", length("00000000000000000005"), 400},
            {"empty", length(""), 400},
            {"a sign", length("+5"), 400},
            {"minus zero", length("-0"), 400},
            {"hexadecimal", length("0x5"), 400},
            {"a fraction", length("5.0"), 400},
            {"a blank inside", length("6 1"), 400},
            {"an underscore", length("6_1"), 400},
            {"quoted", length("\"5\""), 400},
            {"a list of equal numbers", length("5, 5"), 400},
            {"an 8-bit blank", length("\xa0"s + "5"), 400},
            {"a vertical tab", length("5\v"), 400},
            {"twice the same", post + "Content-Length: 5\r\nContent-Length: 5\r\n\r\n", 400},
            {"twice different", post + "Content-Length: 5\r\nContent-Length: 6\r\n\r\n", 400},
        });
    }

    TEST_CASE("a Transfer-Encoding is one line that says chunked") {
        const auto coding = [](const std::string& value) { return post + "Transfer-Encoding: " + value + "\r\n\r\n"; };
        check({
            {"chunked", coding("chunked"), 0},
            {"in any case", coding("cHUNKED"), 0},
            {"with blanks", coding("\tchunked \t"), 0},
            {"empty", coding(""), 400},
            {"identity", coding("identity"), 400},
            {"gzip", coding("gzip"), 400},
            {"almost chunked", coding("xchunked"), 400},
            {"quoted", coding("\"chunked\""), 400},
            {"a parameter", coding("chunked;q=1"), 400},
            {"twice in one line", coding("chunked, chunked"), 400},
            {"chunked is not last", coding("chunked, gzip"), 400},
            {"an empty element", coding(",chunked"), 400},
            {"a vertical tab", coding("\vchunked"), 400},
            {"an 8-bit blank",
             coding("\x85"
                    "chunked"),
             400},
            {"another coding first", coding("gzip, chunked"), 501},
            {"twice in two lines", post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
            {"with a length", post + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n", 400},
            {"behind a length", post + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
            {"gzip with a length", post + "Transfer-Encoding: gzip\r\nContent-Length: 5\r\n\r\n", 400},
            {"in HTTP/1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
            {"a name that is nearly it", post + "Transfer_Encoding: chunked\r\nContent-Length: 5\r\n\r\n", 0},
        });
    }

    TEST_CASE("framing follows from the fields and zero bytes are no body") {
        const auto framing = [](const std::string& line) { return ParsedRequest(post + line + "\r\n").head.framing; };
        using Kind = Framing::Kind;
        CHECK(framing("") == Framing{});
        CHECK(framing("Content-Length: 0\r\n") == Framing{});
        CHECK(framing("Content-Length: 0012\r\n") == Framing{Kind::length, 12});
        CHECK(framing("content-length:\t9223372036854775807\r\n") == Framing{Kind::length, 9223372036854775807});
        CHECK(framing("TRANSFER-ENCODING: Chunked\r\n") == Framing{Kind::chunked, 0});
    }

    TEST_CASE("the only expectation is 100-continue") {
        const auto expect = [](const std::string& value) {
            return post + "Content-Length: 5\r\nExpect: " + value + "\r\n\r\n";
        };
        check({
            {"100-continue", expect("100-continue"), 0},
            {"in any case", expect("100-Continue"), 0},
            {"another", expect("200-maybe"), 417},
            {"more than that", expect("100-continue, x"), 417},
            {"something before it", expect("y 100-continue"), 417},
            {"empty", expect(""), 417},
            {"twice", expect("100-continue\r\nExpect: 100-continue"), 417},
            {"another in HTTP/1.0", "POST / HTTP/1.0\r\nExpect: x\r\n\r\n", 0},
        });
        CHECK_FALSE(is_dropped(ParsedRequest(expect("100-continue")).head, "Expect"));
    }

    TEST_CASE("an expectation without a body or from HTTP/1.0 has no meaning and goes no further") {
        for (const std::string& raw : {post + "Expect: 100-continue\r\n\r\n",
                                       "POST / HTTP/1.0\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n"s}) {
            const ParsedRequest parsed(raw);
            REQUIRE_FALSE(parsed.refusal);
            CHECK(is_dropped(parsed.head, "expect"));
        }
    }

    TEST_CASE("hop-by-hop fields and what Connection lists are dropped and everything else stays") {
        const ParsedRequest parsed(
            "GET / HTTP/1.1\r\nHost: a\r\nConnection: X-Hop, ,close\r\nx-hop: 1\r\nX-HOP: 2\r\nKeep-Alive: 1\r\n"
            "Proxy-Connection: 1\r\nProxy-Authorization: 1\r\nProxy-Authenticate: 1\r\nTE: gzip\r\nTrailer: X\r\n"
            "Upgrade: h2c\r\nHTTP2-Settings: 1\r\nconnection: x-other\r\nX-Other: 1\r\n"
            "X-Kept: 1\r\nAuthorization: Bearer k\r\nTE2: 1\r\nProxy: 1\r\n\r\n");
        REQUIRE_FALSE(parsed.refusal);
        CHECK(kept_lines(parsed.head) == "X-Kept: 1\r\nAuthorization: Bearer k\r\nTE2: 1\r\nProxy: 1\r\n");
        CHECK(std::ranges::is_sorted(parsed.head.dropped));
        CHECK_FALSE(parsed.head.keep_alive);
    }

    TEST_CASE("Connection cannot take away what every recipient needs") {
        for (const auto name : {"Host"sv, "content-length"sv, "Transfer-Encoding"sv, "Authorization"sv, "x-api-key"sv,
                                "Cookie"sv, "Content-Type"sv, "api-key"sv, "x-goog-api-key"sv, "Expect"sv}) {
            CAPTURE(name);
            CHECK(judge_request({with("Connection: close, " + std::string(name))}).status == 400);
        }
        CHECK(judge_request({with("Connection: a b")}).status == 400);
        CHECK(judge_request({with("Connection: \"close\"")}).status == 400);
        CHECK(judge_request({with("Connection: , ,")}).complete);
    }

    TEST_CASE("Connection lists at most so many options") {
        const auto options = [](std::size_t count) {
            std::string line = "Connection: x";
            for (std::size_t i = 1; i < count; ++i) line += ",x";
            return with(line);
        };
        CHECK(judge_request({options(32)}).complete);
        CHECK(judge_request({options(33)}).status == 400);
    }

    TEST_CASE("a connection stays open as the version and the Connection field say") {
        const auto stays = [](const char* version, const char* lines) {
            return ParsedRequest("GET / HTTP/"s + version + "\r\nHost: a\r\n" + lines + "\r\n").head.keep_alive;
        };
        CHECK(stays("1.1", ""));
        CHECK_FALSE(stays("1.1", "Connection: Close\r\n"));
        CHECK_FALSE(stays("1.1", "Connection: keep-alive\r\nConnection: close\r\n"));
        CHECK(stays("1.1", "Connection: closed\r\n"));
        CHECK_FALSE(stays("1.0", ""));
        CHECK(stays("1.0", "Connection: Keep-Alive\r\n"));
        CHECK_FALSE(stays("1.0", "Connection: keep-alive, close\r\n"));
    }

    TEST_CASE("a WebSocket is wanted by a GET of HTTP/1.1 without a body that lists its Upgrade") {
        const auto wants = [](const std::string& line, const std::string& lines) {
            const ParsedRequest parsed(line + "\r\nHost: a\r\n" + lines + "\r\n");
            CHECK(is_dropped(parsed.head, "upgrade"));
            return parsed.head.wants_websocket;
        };
        const std::string upgrade = "Connection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n";
        CHECK(wants("GET / HTTP/1.1", upgrade));
        CHECK_FALSE(wants("GET / HTTP/1.0", upgrade));
        CHECK_FALSE(wants("POST / HTTP/1.1", upgrade));
        CHECK_FALSE(wants("GET / HTTP/1.1", upgrade + "Content-Length: 5\r\n"));
        CHECK_FALSE(wants("GET / HTTP/1.1", "Upgrade: websocket\r\n"));
        CHECK_FALSE(wants("GET / HTTP/1.1", "Connection: Upgrade\r\nUpgrade: h2c\r\n"));
    }

    TEST_CASE("a head that was read before leaves no trace in the next one") {
        std::string first = "POST http://a/ HTTP/1.0\r\nConnection: close\r\nContent-Length: 5\r\n\r\n";
        std::string second = "GET /x HTTP/1.1\r\nHost: b\r\n\r\n";
        RequestHead head;
        REQUIRE_FALSE(parse_request_head(first, {}, head));
        REQUIRE_FALSE(parse_request_head(second, {}, head));
        CHECK(head.method == "GET");
        CHECK(head.target == "/x");
        CHECK(head.host == "b");
        CHECK(head.version == Version::http_1_1);
        CHECK(head.framing == Framing{});
        CHECK(head.keep_alive);
        CHECK(head.fields.size() == 1);
        CHECK(head.lines == "Host: b\r\n");
        CHECK(head.fields[0].name == "Host");
        CHECK(head.fields[0].value == "b");
    }

    TEST_CASE("a refused head still says which method and target it was") {
        const ParsedRequest parsed("POST /v1 HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n");
        REQUIRE(parsed.refusal);
        CHECK(parsed.head.method == "POST");
        CHECK(parsed.head.target == "/v1");
    }

    TEST_CASE("bytes that are no head are refused whatever they are") {
        RequestHead head;
        for (const auto raw : {""sv, "\r\n\r\n"sv, "\r\n\r\n\r\n\r\n"sv, "GET / HTTP/1.1\r\n"sv,
                               "GET / HTTP/1.1\r\nHost: a\r\n"sv, "GET / HTTP/1.1\r\n\r\nHost: a\r\n\r\n"sv}) {
            CAPTURE(raw);
            CHECK(parse_request_head(raw, {}, head));
        }
    }
}
