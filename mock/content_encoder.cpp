#include "mock/content_encoder.hpp"

#include <brotli/encode.h>
#include <zlib.h>
#include <zstd.h>

#include <array>
#include <new>
#include <stdexcept>

namespace tokenweir::mock {
namespace {

constexpr std::size_t room = 16'384;

class Identity final : public ContentEncoder {
public:
    std::string encode(std::string_view piece, Then) override { return std::string(piece); }
};

/// gzip (RFC 1952) and "deflate", which is zlib's format (RFC 9110 §8.4.1.2).
class Zlib final : public ContentEncoder {
public:
    explicit Zlib(int window_bits) {
        if (deflateInit2(&stream_, Z_DEFAULT_COMPRESSION, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY) != Z_OK)
            throw std::bad_alloc();
    }
    Zlib(const Zlib&) = delete;
    Zlib& operator=(const Zlib&) = delete;
    ~Zlib() override { deflateEnd(&stream_); }

    std::string encode(std::string_view piece, Then then) override {
        std::string input(piece);  // zlib's pointer is not const
        stream_.next_in = reinterpret_cast<Bytef*>(input.data());
        stream_.avail_in = static_cast<uInt>(input.size());
        std::string coded;
        std::array<char, room> out;
        do {
            stream_.next_out = reinterpret_cast<Bytef*>(out.data());
            stream_.avail_out = room;
            deflate(&stream_, then == Then::finish ? Z_FINISH : Z_SYNC_FLUSH);
            coded.append(out.data(), room - stream_.avail_out);
        } while (stream_.avail_out == 0);
        return coded;
    }

private:
    z_stream stream_{};
};

class Brotli final : public ContentEncoder {
public:
    Brotli() : state_(BrotliEncoderCreateInstance(nullptr, nullptr, nullptr)) {
        if (!state_) throw std::bad_alloc();
        BrotliEncoderSetParameter(state_.get(), BROTLI_PARAM_QUALITY, 4);
        BrotliEncoderSetParameter(state_.get(), BROTLI_PARAM_LGWIN, 18);
    }

    std::string encode(std::string_view piece, Then then) override {
        const auto operation = then == Then::finish ? BROTLI_OPERATION_FINISH : BROTLI_OPERATION_FLUSH;
        const auto* next = reinterpret_cast<const std::uint8_t*>(piece.data());
        std::size_t left = piece.size();
        std::string coded;
        do {
            std::array<std::uint8_t, room> out;
            std::uint8_t* out_next = out.data();
            std::size_t out_left = room;
            if (!BrotliEncoderCompressStream(state_.get(), operation, &left, &next, &out_left, &out_next, nullptr))
                throw std::runtime_error("brotli cannot encode");
            coded.append(reinterpret_cast<const char*>(out.data()), room - out_left);
        } while (left > 0 || BrotliEncoderHasMoreOutput(state_.get()));
        return coded;
    }

private:
    struct Destroy {
        void operator()(BrotliEncoderState* state) const noexcept { BrotliEncoderDestroyInstance(state); }
    };
    std::unique_ptr<BrotliEncoderState, Destroy> state_;
};

class Zstd final : public ContentEncoder {
public:
    Zstd() : state_(ZSTD_createCCtx()) {
        if (!state_) throw std::bad_alloc();
        ZSTD_CCtx_setParameter(state_.get(), ZSTD_c_windowLog, 18);
    }

    std::string encode(std::string_view piece, Then then) override {
        const ZSTD_EndDirective operation = then == Then::finish ? ZSTD_e_end : ZSTD_e_flush;
        ZSTD_inBuffer in{piece.data(), piece.size(), 0};
        std::string coded;
        std::size_t left = 0;
        do {
            std::array<char, room> out;
            ZSTD_outBuffer to{out.data(), out.size(), 0};
            left = ZSTD_compressStream2(state_.get(), &to, &in, operation);
            if (ZSTD_isError(left)) throw std::runtime_error(ZSTD_getErrorName(left));
            coded.append(out.data(), to.pos);
        } while (left > 0);
        return coded;
    }

private:
    struct Destroy {
        void operator()(ZSTD_CCtx* state) const noexcept { ZSTD_freeCCtx(state); }
    };
    std::unique_ptr<ZSTD_CCtx, Destroy> state_;
};

}  // namespace

std::unique_ptr<ContentEncoder> make_encoder(Coding coding) {
    switch (coding) {
        case Coding::identity: break;
        case Coding::gzip: return std::make_unique<Zlib>(15 + 16);
        case Coding::deflate: return std::make_unique<Zlib>(15);
        case Coding::br: return std::make_unique<Brotli>();
        case Coding::zstd: return std::make_unique<Zstd>();
    }
    return std::make_unique<Identity>();
}

std::string_view name_of(Coding coding) noexcept {
    switch (coding) {
        case Coding::identity: return {};
        case Coding::gzip: return "gzip";
        case Coding::deflate: return "deflate";
        case Coding::br: return "br";
        case Coding::zstd: return "zstd";
    }
    return {};
}

}  // namespace tokenweir::mock
