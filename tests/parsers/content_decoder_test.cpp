#include "parsers/content_decoder.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <memory>
#include <ostream>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "tests/parsers/encoders.hpp"
#include "tests/support/split_feed.hpp"

using namespace tokenweir::parsers;
using namespace tokenweir::test;

namespace tokenweir::parsers {

static std::ostream& operator<<(std::ostream& out, DecodeStatus status) {
    return out << (status == DecodeStatus::ok ? "ok" : status == DecodeStatus::malformed ? "malformed" : "over_limit");
}

}  // namespace tokenweir::parsers

namespace {

constexpr std::size_t mebibyte = std::size_t{1} << 20;
constexpr ContentDecoder::Limits generous{.max_output_bytes = 64 * mebibyte, .max_ratio = 100'000};

struct Decoded {
    std::string text;
    DecodeStatus status = DecodeStatus::ok;
    bool at_end = true;

    bool operator==(const Decoded&) const = default;
    friend std::ostream& operator<<(std::ostream& out, const Decoded& decoded) {
        out << decoded.text.size() << " bytes (" << decoded.text.substr(0, 40) << ") ";
        return out << decoded.status << (decoded.at_end ? " at end" : "");
    }
};

std::unique_ptr<ContentDecoder> decoder_for(std::string_view field, ContentDecoder::Limits limits = generous) {
    bool known = false;
    auto decoder = ContentDecoder::make(field, limits, known);
    REQUIRE(known);
    REQUIRE(decoder);
    return decoder;
}

Decoded decode(std::string_view field, const std::vector<std::string_view>& pieces,
               ContentDecoder::Limits limits = generous) {
    const auto decoder = decoder_for(field, limits);
    Decoded decoded;
    std::size_t largest_block = 0;
    for (const std::string_view piece : pieces) {
        tokenweir::test::with_exact_copy(piece, [&](std::string_view exact) {
            decoded.status = decoder->feed(exact, [&](std::string_view block) {
                decoded.text += block;
                largest_block = std::max(largest_block, block.size());
            });
        });
    }
    CHECK(largest_block <= 16 * 1024);
    decoded.at_end = decoder->at_end();
    return decoded;
}

/// Every split of a short body; of a long one, whole and in a few sizes of pieces.
std::vector<std::vector<std::string_view>> cuts(std::string_view body) {
    if (body.size() <= 600) return tokenweir::test::splits(body);
    std::vector<std::vector<std::string_view>> all{{body}};
    for (const std::size_t size : {std::size_t{997}, std::size_t{16 * 1024}}) {
        all.emplace_back();
        for (std::size_t at = 0; at < body.size(); at += size) all.back().push_back(body.substr(at, size));
    }
    return all;
}

std::string random_text(std::size_t size) {
    std::mt19937 random(7);
    std::string text(size, '\0');
    for (char& c : text) c = static_cast<char>(random());
    return text;
}

std::string event_text(int i) {
    return "data: {\"choices\":[{\"delta\":{\"content\":\"tok" + std::to_string(i) + "\"}}]}\n\n";
}

}  // namespace

TEST_SUITE("content_decoder") {
    TEST_CASE("gives back what was coded: in every split") {
        const std::string texts[] = {"", "x", "The quick brown fox jumps over the lazy dog. The quick brown dog.",
                                     random_text(100'000), std::string(300'000, 'a')};
        for (const Coding& coding : codings) {
            for (const std::string& text : texts) {
                CAPTURE(coding.name);
                CAPTURE(text.size());
                const std::string body = coding.encoder()->all(text);
                for (const auto& pieces : cuts(body)) CHECK(decode(coding.field, pieces) == Decoded{text});
            }
        }
    }

    TEST_CASE("hands out each flushed piece before feed returns") {
        for (const Coding& coding : codings) {
            CAPTURE(coding.name);
            const auto encoder = coding.encoder();
            const auto decoder = decoder_for(coding.field);
            for (int i = 0; i < 50; ++i) {
                std::string seen;
                const std::string piece = encoder->flush(event_text(i));
                CHECK(decoder->feed(piece, [&](std::string_view block) { seen += block; }) == DecodeStatus::ok);
                CHECK(seen == event_text(i));
            }
            CHECK_FALSE(decoder->at_end());
            CHECK(decoder->feed(encoder->finish(), [](std::string_view) { FAIL("nothing is left"); }) ==
                  DecodeStatus::ok);
            CHECK(decoder->at_end());
        }
    }

    TEST_CASE("hands out all of a piece that yields many blocks") {
        for (const Coding& coding : codings) {
            CAPTURE(coding.name);
            const auto decoder = decoder_for(coding.field);
            const std::string text(16 * 1024 * 5, 'z');  // a multiple of the block: the last one is exactly full
            std::size_t seen = 0;
            CHECK(decoder->feed(coding.encoder()->flush(text), [&](std::string_view block) { seen += block.size(); }) ==
                  DecodeStatus::ok);
            CHECK(seen == text.size());
        }
    }

    TEST_CASE("says that a body was cut short and keeps what it had") {
        const std::string text = "The quick brown fox jumps over the lazy dog.";
        for (const Coding& coding : codings) {
            CAPTURE(coding.name);
            const std::string body = coding.encoder()->all(text);
            for (std::size_t size = 1; size < body.size(); ++size) {
                const Decoded decoded = decode(coding.field, {std::string_view(body).substr(0, size)});
                CHECK(decoded.status == DecodeStatus::ok);
                CHECK_FALSE(decoded.at_end);
                CHECK(text.starts_with(decoded.text));
            }
            CHECK(decode(coding.field, {}) == Decoded{""});
        }
    }

    TEST_CASE("calls a damaged body malformed and takes nothing more") {
        for (const Coding& coding : codings) {
            CAPTURE(coding.name);
            const auto encoder = coding.encoder();
            const std::string head = encoder->flush("a good beginning ");
            const std::string body = head + std::string(64, '\xFF');
            for (const auto& pieces : cuts(body)) {
                const Decoded decoded = decode(coding.field, pieces);
                CHECK(decoded.status == DecodeStatus::malformed);
                CHECK(std::string_view("a good beginning ").starts_with(decoded.text));
                if (pieces.front().size() == head.size() || pieces.size() == body.size())
                    CHECK(decoded.text == "a good beginning ");
            }
            const auto decoder = decoder_for(coding.field);
            CHECK(decoder->feed(body, [](std::string_view) {}) == DecodeStatus::malformed);
            CHECK(decoder->feed(encoder->finish(), [](std::string_view) { FAIL("decoding had ended"); }) ==
                  DecodeStatus::malformed);
        }
    }

    TEST_CASE("calls a plain body under a coding malformed") {
        for (const Coding& coding : codings) {
            CAPTURE(coding.name);
            const std::string body = "{\"error\":\"this was never compressed\"}";
            for (const auto& pieces : cuts(body)) CHECK(decode(coding.field, pieces).status == DecodeStatus::malformed);
        }
    }

    TEST_CASE("checks the sums of gzip and zlib") {
        for (const int window_bits : {MAX_WBITS + 16, MAX_WBITS}) {
            std::string body = Deflater(window_bits).all("text");
            body[body.size() - (window_bits > MAX_WBITS ? 5 : 1)] ^= 1;
            CHECK(decode(window_bits > MAX_WBITS ? "gzip" : "deflate", {body}).status == DecodeStatus::malformed);
        }
    }

    TEST_CASE("reads gzip members and zstd frames that follow each other") {
        const auto twice = [](const Coding& coding) {
            return coding.encoder()->all("first ") + coding.encoder()->all("second");
        };
        for (const Coding& coding : codings) {
            CAPTURE(coding.name);
            const std::string body = twice(coding);
            const bool has_many = coding.field == std::string_view("gzip") || coding.field == std::string_view("zstd");
            const Decoded expected =
                has_many ? Decoded{"first second"} : Decoded{"first ", DecodeStatus::malformed, true};
            for (const auto& pieces : cuts(body)) CHECK(decode(coding.field, pieces) == expected);
        }
    }

    TEST_CASE("zero bytes after the end are padding and others are damage") {
        for (const Coding& coding : codings) {
            CAPTURE(coding.name);
            const std::string body = coding.encoder()->all("text");
            const std::string padded = body + std::string(5, '\0');
            for (const auto& pieces : cuts(padded)) CHECK(decode(coding.field, pieces) == Decoded{"text"});
            const std::string padded_text = padded + "x";
            for (const auto& pieces : cuts(padded_text))
                CHECK(decode(coding.field, pieces).status == DecodeStatus::malformed);
            const std::string trailed = body + "trailing";
            for (const auto& pieces : cuts(trailed)) {
                const Decoded decoded = decode(coding.field, pieces);
                CHECK(decoded.status == DecodeStatus::malformed);
                CHECK(decoded.text == "text");
            }
        }
    }

    TEST_CASE("undoes two codings in reverse order") {
        for (const Coding& inner : codings) {
            for (const Coding& outer : codings) {
                const auto first = inner.encoder(), second = outer.encoder();
                const std::string field = std::string(inner.field) + ", " + outer.field;
                CAPTURE(field);
                const auto decoder = decoder_for(field);
                for (int i = 0; i < 5; ++i) {
                    std::string seen;
                    const std::string piece = second->flush(first->flush(event_text(i)));
                    CHECK(decoder->feed(piece, [&](std::string_view block) { seen += block; }) == DecodeStatus::ok);
                    CHECK(seen == event_text(i));
                }
                CHECK(decoder->feed(second->all(first->finish()), [](std::string_view) {}) == DecodeStatus::ok);
                CHECK(decoder->at_end());
            }
        }
    }

    TEST_CASE("the total output is limited: both sides") {
        for (const Coding& coding : codings) {
            CAPTURE(coding.name);
            const std::string text = random_text(40'000);
            const std::string body = coding.encoder()->all(text);
            for (const auto& pieces : cuts(body)) {
                CHECK(decode(coding.field, pieces, {.max_output_bytes = 40'000, .max_ratio = 200}) == Decoded{text});
                const Decoded cut = decode(coding.field, pieces, {.max_output_bytes = 39'999, .max_ratio = 200});
                CHECK(cut.status == DecodeStatus::over_limit);
                CHECK(cut.text == text.substr(0, 39'999));
            }
        }
    }

    TEST_CASE("the ratio is limited once the output passes a mebibyte: both sides") {
        for (const Coding& coding : codings) {
            CAPTURE(coding.name);
            for (const std::size_t size : {mebibyte, mebibyte + 1}) {
                const std::string text(size, 'a');
                const std::string body = coding.encoder()->all(text);
                const std::size_t ratio = size / body.size() + 1;
                CHECK(decode(coding.field, {body}, {.max_output_bytes = size, .max_ratio = ratio}).status ==
                      DecodeStatus::ok);
                const auto strict = decode(coding.field, {body}, {.max_output_bytes = size, .max_ratio = ratio / 2});
                CHECK(strict.status == (size > mebibyte ? DecodeStatus::over_limit : DecodeStatus::ok));
            }
        }
    }

    TEST_CASE("a bomb is stopped near the first mebibyte") {
        for (const Coding& coding : codings) {
            CAPTURE(coding.name);
            const std::string bomb = coding.encoder()->all(std::string(16 * mebibyte, '\0'));
            CHECK(bomb.size() < mebibyte / 8);
            const Decoded decoded = decode(coding.field, {bomb}, {.max_output_bytes = 64 * mebibyte, .max_ratio = 100});
            CHECK(decoded.status == DecodeStatus::over_limit);
            CHECK(decoded.text.size() < 4 * mebibyte);
        }
    }

    TEST_CASE("a bomb inside a second coding is stopped before it unfolds twice") {
        const std::string bomb =
            Deflater(MAX_WBITS + 16).all(Deflater(MAX_WBITS + 16).all(std::string(64 * mebibyte, '\0')));
        const Decoded decoded = decode("gzip, gzip", {bomb}, {.max_output_bytes = 64 * mebibyte, .max_ratio = 200});
        CHECK(decoded.status == DecodeStatus::over_limit);
        CHECK(decoded.text.size() < 2 * mebibyte);
    }

    TEST_CASE("zstd windows up to eight mebibytes are read and larger ones are over the limit") {
        const std::string text = random_text(1000);
        CHECK(decode("zstd", {ZstdWriter(23).all(text)}) == Decoded{text});
        CHECK(decode("zstd", {ZstdWriter(24).all(text)}) == Decoded{"", DecodeStatus::over_limit, false});
    }

    TEST_CASE("a zlib stream that wants a dictionary is malformed") {
        CHECK(decode("deflate", {std::string_view("\x78\xBB\x01\x02\x03\x04", 6)}).status == DecodeStatus::malformed);
    }

    TEST_CASE("knows the names of the codings") {
        struct Row {
            std::string_view field;
            bool known, decodes;
        };
        const Row rows[] = {
            {"", true, false},
            {"identity", true, false},
            {" Identity , ", true, false},
            {"gzip", true, true},
            {"X-GZip", true, true},
            {"\tBR ", true, true},
            {"deflate", true, true},
            {"zstd", true, true},
            {"identity, gzip", true, true},
            {"gzip,br", true, true},
            {"gzip, br, gzip", false, false},
            {"compress", false, false},
            {"gzip, compress", false, false},
            {"aws-chunked", false, false},
            {"gzip;q=1", false, false},
        };
        for (const Row& row : rows) {
            CAPTURE(row.field);
            bool known = !row.known;
            CHECK((ContentDecoder::make(row.field, generous, known) != nullptr) == row.decodes);
            CHECK(known == row.known);
        }
    }
}
