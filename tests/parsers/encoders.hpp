/// The other side of the content decoder: an encoder for each coding that it reads.
#pragma once

#include <brotli/encode.h>
#include <zlib.h>
#include <zstd.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace tokenweir::test {

/// Compresses piece by piece, each flushed, so that what comes out for a piece can be decoded without the next one.
class Encoder {
public:
    virtual ~Encoder() = default;
    virtual std::string flush(std::string_view piece) = 0;
    virtual std::string finish() = 0;
    std::string all(std::string_view text) {
        std::string coded = flush(text);
        return coded + finish();
    }
};

class Deflater final : public Encoder {
public:
    explicit Deflater(int window_bits) { deflateInit2(&stream_, 6, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY); }
    ~Deflater() override { deflateEnd(&stream_); }
    std::string flush(std::string_view piece) override { return run(piece, Z_SYNC_FLUSH); }
    std::string finish() override { return run({}, Z_FINISH); }

private:
    std::string run(std::string_view piece, int how) {
        std::string input(piece), coded(deflateBound(&stream_, piece.size()) + 64, '\0');
        stream_.next_in = reinterpret_cast<Bytef*>(input.data());
        stream_.avail_in = static_cast<uInt>(input.size());
        stream_.next_out = reinterpret_cast<Bytef*>(coded.data());
        stream_.avail_out = static_cast<uInt>(coded.size());
        deflate(&stream_, how);
        coded.resize(coded.size() - stream_.avail_out);
        return coded;
    }
    z_stream stream_{};
};

class BrotliWriter final : public Encoder {
public:
    ~BrotliWriter() override { BrotliEncoderDestroyInstance(state_); }
    std::string flush(std::string_view piece) override { return run(piece, BROTLI_OPERATION_FLUSH); }
    std::string finish() override { return run({}, BROTLI_OPERATION_FINISH); }

private:
    std::string run(std::string_view piece, BrotliEncoderOperation operation) {
        auto next_in = reinterpret_cast<const std::uint8_t*>(piece.data());
        std::size_t left = piece.size(), none = 0;
        std::string coded;
        do {
            BrotliEncoderCompressStream(state_, operation, &left, &next_in, &none, nullptr, nullptr);
            std::size_t size = 0;
            const std::uint8_t* output = BrotliEncoderTakeOutput(state_, &size);
            coded.append(reinterpret_cast<const char*>(output), size);
        } while (left != 0 || BrotliEncoderHasMoreOutput(state_));
        return coded;
    }
    BrotliEncoderState* state_ = BrotliEncoderCreateInstance(nullptr, nullptr, nullptr);
};

class ZstdWriter final : public Encoder {
public:
    explicit ZstdWriter(int window_log = 0) { ZSTD_CCtx_setParameter(context_, ZSTD_c_windowLog, window_log); }
    ~ZstdWriter() override { ZSTD_freeCCtx(context_); }
    std::string flush(std::string_view piece) override { return run(piece, ZSTD_e_flush); }
    std::string finish() override { return run({}, ZSTD_e_end); }

private:
    std::string run(std::string_view piece, ZSTD_EndDirective how) {
        std::string coded(ZSTD_compressBound(piece.size()) + 64, '\0');
        ZSTD_inBuffer in{piece.data(), piece.size(), 0};
        ZSTD_outBuffer out{coded.data(), coded.size(), 0};
        while (ZSTD_compressStream2(context_, &out, &in, how) != 0) {
        }
        coded.resize(out.pos);
        return coded;
    }
    ZSTD_CCtx* context_ = ZSTD_createCCtx();
};

struct Coding {
    const char* name;
    const char* field;
    std::unique_ptr<Encoder> (*encoder)();
};

inline const Coding codings[] = {
    {"gzip", "gzip", [] { return std::unique_ptr<Encoder>(new Deflater(MAX_WBITS + 16)); }},
    {"deflate with its wrapper", "deflate", [] { return std::unique_ptr<Encoder>(new Deflater(MAX_WBITS)); }},
    {"deflate with a small window", "deflate", [] { return std::unique_ptr<Encoder>(new Deflater(9)); }},
    {"bare deflate", "deflate", [] { return std::unique_ptr<Encoder>(new Deflater(-MAX_WBITS)); }},
    {"br", "br", [] { return std::unique_ptr<Encoder>(new BrotliWriter); }},
    {"zstd", "zstd", [] { return std::unique_ptr<Encoder>(new ZstdWriter); }},
};

}  // namespace tokenweir::test
