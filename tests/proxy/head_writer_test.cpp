#include "proxy/head_writer.hpp"

#include <doctest/doctest.h>

#include <string>

#include "tests/proxy/judge.hpp"
#include "tests/proxy/strict_grammar.hpp"

using namespace tokenweir::proxy;
using tokenweir::test::ParsedRequest;
using tokenweir::test::ParsedResponse;
using tokenweir::test::read_request_strictly;
using tokenweir::test::read_response_strictly;
using namespace std::string_literals;

namespace {

std::string sent_upstream(const std::string& raw) {
    const ParsedRequest parsed(raw);
    REQUIRE_FALSE(parsed.refusal);
    std::string out = "kept ";
    write_request_head(parsed.head, {.target = parsed.head.origin_target, .host = "up.test"}, out);
    REQUIRE(out.substr(0, 5) == "kept ");
    CHECK(read_request_strictly(std::string_view(out).substr(5)));
    return out.substr(5);
}

std::string sent_to_client(const std::string& raw, const ResponseRewrite& rewrite, const char* method = "GET") {
    ParsedResponse parsed(raw, method);
    REQUIRE_FALSE(parsed.refusal);
    std::string out;
    write_response_head(parsed.head, rewrite, out);
    CHECK(read_response_strictly(out));
    return out;
}

}  // namespace

TEST_SUITE("head_writer") {
    TEST_CASE("a request is passed on line by line with Host first and hop-by-hop fields gone") {
        CHECK(
            sent_upstream("POST http://a/v1?x HTTP/1.1\r\nx-DUP:1\r\nConnection: X-Hop\r\nHost: a\r\nX-Other:  z \t\r\n"
                          "X-Hop: 1\r\nX-Dup: 2\r\nContent-Length: 0005\r\n\r\n") ==
            "POST /v1?x HTTP/1.1\r\nHost: up.test\r\nx-DUP:1\r\nX-Other:  z \t\r\nX-Dup: 2\r\nContent-Length: "
            "0005\r\n\r\n");
    }

    TEST_CASE("further fields stand behind the client's, and a field that was dropped is gone") {
        ParsedRequest parsed("GET /a HTTP/1.1\r\nHost: a\r\nX-Kept: 1\r\ntraceparent: old\r\nX-Last: 2\r\n\r\n"s);
        parsed.head.drop(2);
        std::string out;
        write_request_head(parsed.head,
                           {.target = "/a", .host = "up.test", .further_fields = "traceparent: new\r\nb3: 0\r\n"}, out);
        CHECK(out == "GET /a HTTP/1.1\r\nHost: up.test\r\nX-Kept: 1\r\nX-Last: 2\r\ntraceparent: new\r\nb3: 0\r\n\r\n");
        CHECK(read_request_strictly(out));
    }

    TEST_CASE("an HTTP/1.0 request becomes an HTTP/1.1 request without a Connection field") {
        CHECK(sent_upstream("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n") ==
              "GET / HTTP/1.1\r\nHost: up.test\r\n\r\n");
    }

    TEST_CASE("the chunked coding is announced once and as received") {
        CHECK(sent_upstream("POST / HTTP/1.1\r\nHost: a\r\nTRANSFER-encoding:  Chunked\r\n\r\n") ==
              "POST / HTTP/1.1\r\nHost: up.test\r\nTRANSFER-encoding:  Chunked\r\n\r\n");
    }

    TEST_CASE("an expectation is passed on when there is a body to wait for") {
        const std::string expect = "Expect: 100-Continue\r\n";
        CHECK(sent_upstream("PUT / HTTP/1.1\r\nHost: a\r\n" + expect + "Content-Length: 1\r\n\r\n").find(expect) !=
              std::string::npos);
        CHECK(sent_upstream("PUT / HTTP/1.1\r\nHost: a\r\n" + expect + "\r\n").find("Expect") == std::string::npos);
        CHECK(sent_upstream("PUT / HTTP/1.0\r\n" + expect + "Content-Length: 1\r\n\r\n").find("Expect") ==
              std::string::npos);
    }

    TEST_CASE("a response is passed on line by line with its reason and the call's id") {
        CHECK(sent_to_client(
                  "HTTP/1.0 529 Site Overloaded\r\nset-cookie: a\r\nConnection: close\r\nKeep-Alive: 1\r\nX: 1\r\n"
                  "Set-Cookie: b\r\nContent-Length: 5\r\nX-Tokenweir-Call-Id: theirs\r\n\r\n",
                  {.call_id = "ours"}) ==
              "HTTP/1.1 529 Site Overloaded\r\nset-cookie: a\r\nX: 1\r\nSet-Cookie: b\r\nContent-Length: 5\r\n"
              "x-tokenweir-call-id: ours\r\n\r\n");
    }

    TEST_CASE("without a call id none is sent and the upstream's is not believed either") {
        CHECK(sent_to_client("HTTP/1.1 200\r\nX-Tokenweir-Call-Id: theirs\r\nContent-Length: 0\r\n\r\n", {}) ==
              "HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n");
    }

    TEST_CASE("the client is told whether its connection stays") {
        const std::string raw = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
        const auto says = [&](const ResponseRewrite& rewrite, const std::string& message) {
            const auto head = *read_response_strictly(sent_to_client(message, rewrite));
            const auto values = head.values("connection");
            return values.empty() ? ""s : values[0];
        };
        CHECK(says({}, raw) == "");
        CHECK(says({.keep_alive = false}, raw) == "close");
        CHECK(says({.client_version = Version::http_1_0}, raw) == "keep-alive");
        CHECK(says({.client_version = Version::http_1_0, .keep_alive = false}, raw) == "close");
        CHECK(says({}, "HTTP/1.1 200 OK\r\n\r\n") == "close");
    }

    TEST_CASE("a body whose chunks are taken apart loses its coding and ends with the connection") {
        CHECK(sent_to_client("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX: 1\r\n\r\n",
                             {.client_version = Version::http_1_0, .dechunk = true}) ==
              "HTTP/1.1 200 OK\r\nX: 1\r\nConnection: close\r\n\r\n");
    }

    TEST_CASE("no transfer coding reaches an HTTP/1.0 client even without a body") {
        CHECK(sent_to_client("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
                             {.client_version = Version::http_1_0},
                             "HEAD") == "HTTP/1.1 200 OK\r\nConnection: keep-alive\r\n\r\n");
        CHECK(sent_to_client("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", {}, "HEAD") ==
              "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    }

    TEST_CASE("an interim response carries neither a connection nor an id") {
        CHECK(sent_to_client("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\nContent-Length: 5\r\n\r\n",
                             {.keep_alive = false, .call_id = "ours"}) ==
              "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n");
    }
}
