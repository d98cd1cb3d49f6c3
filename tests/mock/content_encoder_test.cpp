#include "mock/content_encoder.hpp"

#include <brotli/decode.h>
#include <doctest/doctest.h>
#include <zlib.h>
#include <zstd.h>

#include <array>
#include <string>
#include <vector>

using namespace tokenweir::mock;

namespace {

std::string inflated(std::string coded, int window_bits) {
    z_stream stream{};
    REQUIRE(inflateInit2(&stream, window_bits) == Z_OK);
    std::array<char, 256 * 1024> out{};
    stream.next_in = reinterpret_cast<Bytef*>(coded.data());
    stream.avail_in = static_cast<uInt>(coded.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = out.size();
    inflate(&stream, Z_SYNC_FLUSH);
    const std::string plain(out.data(), out.size() - stream.avail_out);
    inflateEnd(&stream);
    return plain;
}

std::string unbrotlied(const std::string& coded) {
    BrotliDecoderState* state = BrotliDecoderCreateInstance(nullptr, nullptr, nullptr);
    std::array<std::uint8_t, 256 * 1024> out{};
    std::size_t in_left = coded.size(), out_left = out.size();
    const auto* in = reinterpret_cast<const std::uint8_t*>(coded.data());
    std::uint8_t* to = out.data();
    BrotliDecoderDecompressStream(state, &in_left, &in, &out_left, &to, nullptr);
    BrotliDecoderDestroyInstance(state);
    return {reinterpret_cast<const char*>(out.data()), out.size() - out_left};
}

std::string unzstded(const std::string& coded) {
    ZSTD_DCtx* state = ZSTD_createDCtx();
    std::array<char, 256 * 1024> out{};
    ZSTD_inBuffer in{coded.data(), coded.size(), 0};
    ZSTD_outBuffer to{out.data(), out.size(), 0};
    std::size_t result = 1;
    while (in.pos < in.size && result != 0 && !ZSTD_isError(result)) result = ZSTD_decompressStream(state, &to, &in);
    ZSTD_freeDCtx(state);
    return {out.data(), to.pos};
}

/// As much as a client can know from these bytes.
std::string decoded(Coding coding, const std::string& coded) {
    switch (coding) {
        case Coding::identity: return coded;
        case Coding::gzip: return inflated(coded, 15 + 16);
        case Coding::deflate: return inflated(coded, 15);
        case Coding::br: return unbrotlied(coded);
        case Coding::zstd: return unzstded(coded);
    }
    return {};
}

constexpr std::array codings{Coding::identity, Coding::gzip, Coding::deflate, Coding::br, Coding::zstd};

std::string noise(std::size_t bytes) {
    std::string text;
    std::uint32_t state = 1;
    while (text.size() < bytes) text += static_cast<char>((state = state * 1664525 + 1013904223) >> 24);
    return text;
}

}  // namespace

TEST_SUITE("content_encoder") {
    TEST_CASE("a flushed event can be decoded before the next one exists") {
        for (const Coding coding : codings) {
            CAPTURE(name_of(coding));
            const auto encoder = make_encoder(coding);
            std::string sent, plain;
            for (const std::string event : {"data: 1\n\n", "data: 22\n\n", "data: [DONE]\n\n"}) {
                sent += encoder->encode(event, Then::flush);
                plain += event;
                CHECK(decoded(coding, sent) == plain);
            }
            sent += encoder->encode("", Then::finish);
            CHECK(decoded(coding, sent) == plain);
        }
    }

    TEST_CASE("a body that fills many output buffers arrives whole") {
        const std::string plain = noise(100 * 1024);
        for (const Coding coding : codings) {
            CAPTURE(name_of(coding));
            CHECK(decoded(coding, make_encoder(coding)->encode(plain, Then::finish)) == plain);
        }
    }
}
