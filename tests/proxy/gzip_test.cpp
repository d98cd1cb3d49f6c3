#include "proxy/gzip.hpp"

#include <doctest/doctest.h>

#include <string>

#include "parsers/content_decoder.hpp"

namespace tokenweir::proxy {
namespace {

std::string decoded(std::string_view compressed) {
    bool known = false;
    const auto decoder = parsers::ContentDecoder::make("gzip", {.max_output_bytes = 1 << 24, .max_ratio = 1000}, known);
    std::string text;
    CHECK(decoder->feed(compressed, [&](std::string_view piece) { text += piece; }) == parsers::DecodeStatus::ok);
    CHECK(decoder->at_end());
    return text;
}

TEST_SUITE("gzip") {
    TEST_CASE("who takes it says so, by its name or by a star") {
        struct Row {
            const char* value;
            bool expected;
        };
        const Row rows[] = {
            {"gzip", true},         {"deflate, GZIP;q=0.5", true},
            {"x-gzip", true},       {"*", true},
            {"gzip;q=0", false},    {"*, gzip;q=0", false},
            {"gzip, *;q=0", true},  {"*;q=0", false},
            {"identity", false},    {"", false},
            {"br, deflate", false},
        };
        for (const Row& row : rows) {
            CAPTURE(row.value);
            const Field fields[] = {{"Accept-Encoding", row.value}};
            CHECK(accepts_gzip(fields) == row.expected);
        }
        CHECK_FALSE(accepts_gzip({}));
    }

    TEST_CASE("what was compressed is read back as it was") {
        std::string text;
        for (int i = 0; i < 20'000; ++i)
            text.append("tokenweir_calls_total{model=\"").append(std::to_string(i)).append("\"} 1\n");
        for (const std::string& one : {std::string(), std::string("x"), text}) CHECK(decoded(gzipped(one)) == one);
        CHECK(gzipped(text).size() < text.size() / 5);
    }
}

}  // namespace
}  // namespace tokenweir::proxy
