#include "proxy/host.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

using namespace tokenweir::proxy;
using namespace std::string_view_literals;

TEST_SUITE("host") {
    TEST_CASE("a name or an address with or without a port is an authority") {
        for (const auto text : {"a"sv, "example.test"sv, "my_service"sv, "127.0.0.1"sv, "a-b.c~d!$&'()*+;="sv,
                                "a%2eb"sv, "[::1]"sv, "[2001:db8::1]"sv, "[::ffff:127.0.0.1]"sv}) {
            CAPTURE(text);
            const auto bare = parse_authority(text);
            REQUIRE(bare);
            CHECK(bare->host == text);
            CHECK_FALSE(bare->port);
            const auto ported = parse_authority(std::string(text) + ":8443");
            REQUIRE(ported);
            CHECK(ported->port == 8443);
        }
    }

    TEST_CASE("anything else is not") {
        for (const auto text :
             {""sv,       ":80"sv,    "a b"sv,      " a"sv,      "a/b"sv,      "a?b"sv,       "a#b"sv,
              "u@a"sv,    "a,b"sv,    "a\\b"sv,     "\"a\""sv,   "<a>"sv,      "a\tb"sv,      "a\x7f"sv,
              "a\0b"sv,   "a\xe9"sv,  "a%"sv,       "a%2"sv,     "a%zz"sv,     "[::1"sv,      "::1"sv,
              "[]"sv,     "[::1]]"sv, "[[::1]]"sv,  "[::1]a"sv,  "[::1]x80"sv, "[1.2.3.4]"sv, "[::1%eth0]"sv,
              "[v1.a]"sv, "[:1]"sv,   "[::1::2]"sv, "[::1\0]"sv, "a[::1]"sv,   "a|b"sv,       "a^b"sv,
              "a{b}"sv,   "a`b"sv,    "a:80:80"sv,  "http://a"sv}) {
            CAPTURE(text);
            CHECK_FALSE(parse_authority(text));
        }
    }

    TEST_CASE("a port is one to five digits up to 65535") {
        CHECK(parse_authority("a:0")->port == 0);
        CHECK(parse_authority("a:00080")->port == 80);
        CHECK(parse_authority("a:65535")->port == 65535);
        for (const auto text :
             {"a:"sv, "a:65536"sv, "a:000080"sv, "a:-1"sv, "a:+1"sv, "a:x"sv, "a: 1"sv, "a:1 "sv, "[::1]:"sv}) {
            CAPTURE(text);
            CHECK_FALSE(parse_authority(text));
        }
    }

    TEST_CASE("servers are compared without case and with the default port filled in") {
        const auto same = [](const char* a, const char* b) {
            return same_server(*parse_authority(a), *parse_authority(b), 80);
        };
        CHECK(same("A.test", "a.TEST"));
        CHECK(same("a", "a:80"));
        CHECK(same("a:81", "a:081"));
        CHECK_FALSE(same("a", "a:81"));
        CHECK_FALSE(same("a", "b"));
        CHECK_FALSE(same("a", "a."));
    }
}
