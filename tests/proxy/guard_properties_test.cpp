#include "tests/proxy/guard_properties.hpp"

#include <doctest/doctest.h>

#include <random>
#include <string>
#include <vector>

using namespace tokenweir;
using namespace std::string_literals;

namespace {

/// Seeds, changed at random in a few places: deleted, doubled, replaced by bytes that mean something.
class Mutator {
public:
    explicit Mutator(std::vector<std::string> seeds) : seeds_(std::move(seeds)) {}

    std::string next() {
        std::string bytes = seeds_[below(seeds_.size())];
        for (std::size_t changes = below(4); changes > 0 && !bytes.empty(); --changes) {
            const std::size_t at = below(bytes.size());
            switch (below(4)) {
                case 0: bytes.erase(at, 1 + below(4)); break;
                case 1: bytes.insert(at, bytes.substr(below(bytes.size()), 1 + below(40))); break;
                case 2: bytes[at] = interesting[below(interesting.size())]; break;
                default: bytes.insert(at, 1, interesting[below(interesting.size())]); break;
            }
        }
        return bytes;
    }

    test::Pieces cut(std::string_view bytes) {
        test::Pieces pieces;
        while (!bytes.empty()) {
            pieces.push_back(bytes.substr(0, 1 + below(20)));
            bytes.remove_prefix(pieces.back().size());
        }
        return pieces;
    }

    std::size_t below(std::size_t limit) { return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random_); }

private:
    const std::string interesting = "\r\n\t :;,=\"\\/#?*%@[]0159afx\0\x01\x7f\x80\xff"s;
    std::vector<std::string> seeds_;
    std::minstd_rand random_{7};
};

constexpr int rounds = 20'000;

}  // namespace

TEST_SUITE("guard_properties") {
    TEST_CASE("any request that is let through is read upstream as it was read here") {
        const std::string start = "POST /v1 HTTP/1.1\r\nHost: a:1\r\n";
        Mutator mutator({
            start + "Content-Length: 12\r\nExpect: 100-continue\r\n\r\n",
            start + "X: 1\r\nTransfer-Encoding: chunked\r\nConnection: X, close\r\n\r\n",
            "GET http://a/ HTTP/1.0\r\nHost: A\r\nConnection: keep-alive\r\n\r\n",
            "\r\nGET / HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nTE: x\r\nHost: [::1]:80\r\n\r\nrest",
            "OPTIONS * HTTP/1.1\r\nHost: a\r\nX-Dup: 1\r\nx-dup: \t2 \r\n\r\n",
        });
        int accepted = 0;
        for (int round = 0; round < rounds; ++round) {
            const std::string bytes = mutator.next();
            if (test::judge_request({bytes}).complete) ++accepted;
            if (const char* broken = test::broken_request_property(bytes, mutator.cut(bytes))) {
                CAPTURE(bytes);
                FAIL_CHECK(std::string(broken));
            }
        }
        CHECK(accepted > rounds / 10);
    }

    TEST_CASE("any response that is let through is read by the client as it was read here") {
        Mutator mutator({
            "HTTP/1.1 200 OK\r\nContent-Length: 12\r\nConnection: X, keep-alive\r\nX: 1\r\n\r\nrest",
            "HTTP/1.1 200\r\nTransfer-Encoding: chunked\r\nx-tokenweir-call-id: a\r\n\r\n",
            "HTTP/1.0 404 Not Found\r\nSet-Cookie: a\r\nset-cookie: b\r\n\r\n",
            "HTTP/1.1 103 Early Hints\r\nLink: a\r\nContent-Length: 5\r\n\r\n",
            "HTTP/1.1 304 Not Modified\r\nETag: \"x\"\r\nContent-Length: 5\r\n\r\n",
        });
        for (int round = 0; round < rounds; ++round) {
            const std::string bytes = mutator.next();
            const auto version = round % 3 == 0 ? proxy::Version::http_1_0 : proxy::Version::http_1_1;
            const char* method = round % 5 == 0 ? "HEAD" : "GET";
            if (const char* broken = test::broken_response_property(bytes, mutator.cut(bytes), method, version)) {
                CAPTURE(bytes);
                FAIL_CHECK(std::string(broken));
            }
        }
    }

    TEST_CASE("any chunked body that is let through ends where a strict reader ends it") {
        Mutator mutator({
            "5\r\nhello\r\n0\r\n\r\nGET / HTTP/1.1\r\n",
            "1a;a=b;c=\"d\\\"e\" ; f\r\nabcdefghijklmnopqrstuvwxyz\r\n000\r\nX-T: 1\r\n\r\n",
            "2\r\n\r\n\r\n3\r\n0\r\n\r\n0\r\nA: b\r\nB:\r\n\r\n",
        });
        int accepted = 0;
        for (int round = 0; round < rounds; ++round) {
            const std::string bytes = mutator.next();
            if (test::read_chunked_strictly(bytes)) ++accepted;
            if (const char* broken = test::broken_chunked_property(bytes, mutator.cut(bytes))) {
                CAPTURE(bytes);
                FAIL_CHECK(std::string(broken));
            }
        }
        CHECK(accepted > rounds / 10);
    }
}
