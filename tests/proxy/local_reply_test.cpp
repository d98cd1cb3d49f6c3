#include <doctest/doctest.h>

#include <string>

#include "proxy/head_writer.hpp"
#include "tests/proxy/strict_grammar.hpp"

using namespace tokenweir::proxy;
using tokenweir::test::read_response_strictly;
using tokenweir::test::StrictMessage;

namespace {

struct Reply {
    StrictMessage head;
    std::string body;
};

Reply reply(const LocalReply& local) {
    std::string out;
    write_local_reply(local, out);
    const auto end = out.find("\r\n\r\n") + 4;
    const auto head = read_response_strictly(out.substr(0, end));
    REQUIRE(head);
    return {*head, out.substr(end)};
}

std::string retry(int status) {
    const auto values = reply({.status = status, .code = "c", .message = "m"}).head.values("x-should-retry");
    return values.empty() ? "" : values[0];
}

}  // namespace

TEST_SUITE("local_reply") {
    TEST_CASE("a reply is an error that the SDKs of OpenAI and Anthropic can read") {
        std::string out;
        write_local_reply({.status = 404, .code = "no_route", .message = "no route for /x", .call_id = "id"}, out);
        CHECK(
            out ==
            "HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\nContent-Length: 104\r\nx-tokenweir-error: "
            "no_route\r\n"
            "x-tokenweir-call-id: id\r\nx-should-retry: false\r\nConnection: close\r\n\r\n"
            R"({"type":"error","error":{"type":"no_route","message":"no route for /x","param":null,"code":"no_route"}})"
            "\n");
    }

    TEST_CASE("the length is the body's even where only the head is sent") {
        const auto whole = reply({.status = 502, .code = "c", .message = "m"});
        CHECK(whole.head.framing == "length " + std::to_string(whole.body.size()));
        const auto head = reply({.status = 502, .code = "c", .message = "m", .head_request = true});
        CHECK(head.head == whole.head);
        CHECK(head.body.empty());
    }

    TEST_CASE("text from outside cannot leave its JSON string") {
        CHECK(
            reply({.status = 400, .code = "c", .message = "a\"b\\c\nd\x7f\xc3\xa9\xff"}).body ==
            "{\"type\":\"error\",\"error\":{\"type\":\"c\",\"message\":\"a\\\"b\\\\c\\nd\\u007f\xc3\xa9\xef\xbf\xbd\","
            "\"param\":null,"
            "\"code\":\"c\"}}\n");
    }

    TEST_CASE("a client is told not to retry what cannot succeed") {
        for (const int status : {400, 404, 405, 413, 414, 417, 431, 501, 505}) CHECK(retry(status) == "false");
        for (const int status : {408, 429, 500, 502, 503, 504}) CHECK(retry(status).empty());
    }

    TEST_CASE("the connection's fate is always said") {
        CHECK(reply({.status = 404, .code = "c", .message = "m"}).head.values("connection")[0] == "close");
        CHECK(reply({.status = 404, .code = "c", .message = "m", .keep_alive = true}).head.values("connection")[0] ==
              "keep-alive");
    }

    TEST_CASE("a method that is not allowed comes with those that are and extra fields stand where they belong") {
        CHECK(reply({.status = 405, .code = "c", .message = "m"}).head.values("allow").size() == 1);
        const auto busy = reply({.status = 503, .code = "c", .message = "m", .extra_fields = "Retry-After: 1\r\n"});
        CHECK(busy.head.values("retry-after")[0] == "1");
        CHECK(busy.head.values("x-tokenweir-call-id").empty());
    }

    TEST_CASE("every status that this proxy answers with has a reason phrase") {
        for (const int status : {400, 404, 405, 408, 413, 414, 417, 426, 429, 431, 500, 501, 502, 503, 504, 505}) {
            CHECK_FALSE(reason_phrase(status).empty());
        }
        CHECK(reason_phrase(299).empty());
        CHECK(reason_phrase(502) == "Bad Gateway");
    }
}
