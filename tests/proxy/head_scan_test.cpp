#include <doctest/doctest.h>

#include <string>

#include "proxy/http_head.hpp"
#include "tests/proxy/judge.hpp"

using namespace tokenweir::proxy;
using tokenweir::test::judge_request;
using tokenweir::test::judge_response;
using namespace std::string_literals;

namespace {

HeadScan scan(std::string_view bytes, const HeadLimits& limits = {}) {
    std::size_t resume_at = 0;
    return scan_request_head(bytes, limits, resume_at);
}

HeadScan scan_answer(std::string_view bytes, const HeadLimits& limits = {}) {
    std::size_t resume_at = 0;
    return scan_response_head(bytes, limits, resume_at);
}

using State = HeadScan::State;

}  // namespace

TEST_SUITE("head_scan") {
    TEST_CASE("a head ends behind its empty line and what follows is not looked at") {
        const std::string head = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
        for (const std::string& rest : {""s, "\n"s, "body\nbody"s, "GET / HTTP/1.1\r\n\r\n"s}) {
            const auto found = scan(head + rest);
            CHECK(found.state == State::complete);
            CHECK(found.begin == 0);
            CHECK(found.end == head.size());
        }
        const auto answer = scan_answer("HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 200 OK\r\n\r\n");
        CHECK(answer.state == State::complete);
        CHECK(answer.end == 19);
    }

    TEST_CASE("a head that is not all there is waited for") {
        const std::string head = "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n";
        for (std::size_t size = 0; size < head.size(); ++size)
            CHECK(scan(head.substr(0, size)).state == State::need_more);
        CHECK(scan(head).begin == 2);
        CHECK(scan(head).end == head.size());
        const std::string answer = "HTTP/1.0 200\r\nA: b\r\n\r\n";
        for (std::size_t size = 0; size < answer.size(); ++size) {
            CHECK(scan_answer(answer.substr(0, size)).state == State::need_more);
        }
    }

    TEST_CASE("bytes that can never become a request are refused at once") {
        struct Row {
            std::string name;
            std::string bytes;
            int status;
        };
        for (const Row& row : std::initializer_list<Row>{
                 {"TLS", "\x16\x03\x01", 400},
                 {"NUL", "\0"s, 400},
                 {"a byte that no method has", "GE(", 400},
                 {"a space first", " ", 400},
                 {"a line break first", "\nG", 400},
                 {"CR and something else", "\rG", 400},
                 {"a banner", "SSH-2.0-OpenSSH_9.2\r\n", 400},
                 {"HTTP/0.9", "GET /\r\n", 400},
                 {"a version that is not spoken", "GET / HTTP/2.0\r\n", 505},
                 {"a method that is not served", "TRACE / HTTP/1.1\r\n", 405},
                 {"LF without CR", "GET / HTTP/1.1\n", 400},
                 {"LF without CR in a field", "GET / HTTP/1.1\r\nX: 1\n", 400},
             }) {
            CAPTURE(row.name);
            const auto found = scan(row.bytes);
            CHECK(found.state == State::refused);
            CHECK(found.refusal.status == row.status);
            CHECK_FALSE(found.refusal.reason.empty());
        }
    }

    TEST_CASE("bytes that can never become a response are refused at once") {
        for (const std::string& bytes :
             {"<html>"s, "\r"s, "\n"s, "http/1.1"s, "HTTP/2"s, "ICY 200"s, "HTTP/1.1 200 OK\n"s}) {
            CAPTURE(bytes);
            CHECK(scan_answer(bytes).state == State::refused);
            CHECK(scan_answer(bytes).refusal.status == 502);
        }
    }

    TEST_CASE("a request may be preceded by eight empty lines and no more") {
        const auto preceded = [](std::size_t lines) {
            std::string bytes;
            for (std::size_t i = 0; i < lines; ++i) bytes += "\r\n";
            return bytes + "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
        };
        CHECK(scan(preceded(8)).begin == 16);
        CHECK(scan(preceded(8)).state == State::complete);
        CHECK(scan(preceded(9)).state == State::refused);
        CHECK(judge_request({preceded(8)}).complete);
    }

    TEST_CASE("a request line of the limit passes and one byte more is 414 as soon as it is there") {
        const HeadLimits limits{.request_line_bytes = 40, .header_bytes = 1000, .header_fields = 10};
        const auto line = [](std::size_t size) { return "GET /" + std::string(size - 14, 'a') + " HTTP/1.1"; };
        const std::string rest = "\r\nHost: a\r\n\r\n";
        const std::string fits = line(40) + rest;
        for (const auto& pieces : tokenweir::test::splits(fits)) CHECK(judge_request(pieces, limits).complete);
        const std::string long_head = line(41) + rest;
        for (const auto& pieces : tokenweir::test::splits(long_head))
            CHECK(judge_request(pieces, limits).status == 414);
        CHECK(scan(line(40) + "\r", limits).state == State::need_more);
        CHECK(scan(line(42), limits).refusal.status == 414);
        CHECK(judge_request({"GET /" + std::string(20'000, 'a')}).status == 414);
    }

    TEST_CASE("a method of the limit passes and a longer one is not implemented") {
        const std::string rest = " / HTTP/1.1\r\nHost: a\r\n\r\n";
        CHECK(judge_request({std::string(max_method_bytes, 'A') + rest}).complete);
        CHECK(judge_request({std::string(max_method_bytes + 1, 'A') + rest}).status == 501);
        CHECK(scan(std::string(max_method_bytes, 'A')).state == State::need_more);
        CHECK(scan(std::string(max_method_bytes + 1, 'A')).refusal.status == 501);
    }

    TEST_CASE("a head of the limit passes and one byte more is refused") {
        const std::string start = "GET / HTTP/1.1\r\nHost: a\r\nX: ";
        const auto sized = [&](std::size_t size) {
            return start + std::string(size - start.size() - 4, 'x') + "\r\n\r\n";
        };
        const HeadLimits limits{.request_line_bytes = 40, .header_bytes = 100, .header_fields = 10};
        for (const std::string& before : {""s, "\r\n"s}) {
            const std::string fits = before + sized(100);
            const std::string too_large = before + sized(101);
            for (const auto& pieces : tokenweir::test::splits(fits)) CHECK(judge_request(pieces, limits).complete);
            for (const auto& pieces : tokenweir::test::splits(too_large))
                CHECK(judge_request(pieces, limits).status == 431);
        }
        CHECK(scan(sized(101).substr(0, 99), limits).state == State::need_more);
        CHECK(scan(sized(101).substr(0, 100), limits).refusal.status == 431);
        RequestHead head;
        CHECK(parse_request_head(sized(101), limits, head)->status == 431);

        const std::string answer = "HTTP/1.1 200 OK\r\nX: " + std::string(75, 'x') + "\r\n\r\n";
        CHECK(answer.size() == 99);
        CHECK(judge_response({answer}, "GET", {.request_line_bytes = 1, .header_bytes = 99, .header_fields = 10})
                  .complete);
        CHECK(judge_response({answer}, "GET", {.request_line_bytes = 1, .header_bytes = 98, .header_fields = 10})
                  .status == 502);
    }

    TEST_CASE("as many fields as the limit pass and one more is refused") {
        const auto with_fields = [](std::string head, int count) {
            for (int i = 0; i < count; ++i) head += "X: 1\r\n";
            return head + "\r\n";
        };
        CHECK(judge_request({with_fields("GET / HTTP/1.1\r\nHost: a\r\n", 199)}).complete);
        CHECK(judge_request({with_fields("GET / HTTP/1.1\r\nHost: a\r\n", 200)}).status == 431);
        CHECK(judge_response({with_fields("HTTP/1.1 200 OK\r\n", 200)}).complete);
        CHECK(judge_response({with_fields("HTTP/1.1 200 OK\r\n", 201)}).status == 502);
    }
}
