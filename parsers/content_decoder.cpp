// One small codec per coding around its library, and one loop that runs them and keeps the limits.
#include "parsers/content_decoder.hpp"

#include <brotli/decode.h>
#define ZLIB_CONST  // its input pointers are to const
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <new>
#include <span>
#include <vector>

#include "observation/field.hpp"

namespace tokenweir::parsers {

namespace {

constexpr std::size_t block_bytes = std::size_t{16} * 1024;
constexpr std::size_t ratio_free_bytes = std::size_t{1} << 20;  // short bodies may be very regular
constexpr int zstd_window_log_max = 23;                         // RFC 9659 §3: 8 MiB

enum class Progress { going, frame_end, malformed, window_too_large };

/// One coding. A frame is a gzip member, a zlib or brotli stream, a zstd frame.
class Codec {
public:
    Codec() = default;
    virtual ~Codec() = default;
    Codec(const Codec&) = delete;
    Codec& operator=(const Codec&) = delete;

    /// Consumes from the front of `in` and fills `out` from its front, taking what it filled off; either may end first.
    virtual Progress run(std::string_view& in, std::span<char>& out) = 0;

    /// Called at a frame's end when more bytes follow: ready for another frame, or false where the coding has only one.
    virtual bool next_frame() = 0;
};

class InflateCodec : public Codec {
public:
    ~InflateCodec() override {
        if (open_) inflateEnd(&stream_);
    }

protected:
    void open(int window_bits) {
        if (inflateInit2(&stream_, window_bits) != Z_OK) throw std::bad_alloc();
        open_ = true;
    }

    bool is_open() const noexcept { return open_; }
    bool reset() noexcept { return inflateReset(&stream_) == Z_OK; }

    Progress inflate_some(std::string_view& in, std::span<char>& out) {
        stream_.next_in = reinterpret_cast<const Bytef*>(in.data());
        stream_.avail_in = static_cast<uInt>(std::min(in.size(), std::size_t{1} << 30));
        stream_.next_out = reinterpret_cast<Bytef*>(out.data());
        stream_.avail_out = static_cast<uInt>(out.size());
        const uInt offered = stream_.avail_in;
        const int result = inflate(&stream_, Z_SYNC_FLUSH);
        in.remove_prefix(offered - stream_.avail_in);
        out = out.last(stream_.avail_out);
        if (result == Z_MEM_ERROR) throw std::bad_alloc();
        if (result == Z_STREAM_END) return Progress::frame_end;
        return result == Z_OK || result == Z_BUF_ERROR ? Progress::going : Progress::malformed;
    }

private:
    z_stream stream_{};
    bool open_ = false;
};

class GzipCodec final : public InflateCodec {
public:
    GzipCodec() { open(MAX_WBITS + 16); }
    Progress run(std::string_view& in, std::span<char>& out) override { return inflate_some(in, out); }
    bool next_frame() override { return reset(); }
};

/// "deflate" means the zlib format (RFC 9110 §8.4.1.2), but bare deflate data goes under that name, too. The zlib
/// header's first two bytes tell: the method 8, a window of at most 32 KiB, and a sum divisible by 31. The first of
/// them, read as bare data, would open a stored block with padding bits that encoders leave zero.
class DeflateCodec final : public InflateCodec {
public:
    Progress run(std::string_view& in, std::span<char>& out) override {
        if (!is_open() && !sniff(in)) return Progress::going;
        if (held_ == 0) return inflate_some(in, out);
        std::string_view first(&held_, 1);
        const Progress progress = inflate_some(first, out);  // one byte yields nothing and is always taken
        held_ = 0;
        return progress == Progress::going ? inflate_some(in, out) : progress;
    }
    bool next_frame() override { return false; }

private:
    /// False: undecided, the first byte is held.
    bool sniff(std::string_view& in) {
        if (held_ == 0) {
            if (in.empty()) return false;
            if (!may_open_zlib(in.front())) {
                open(-MAX_WBITS);
                return true;
            }
            held_ = in.front();
            in.remove_prefix(1);
        }
        if (in.empty()) return false;
        const unsigned header = static_cast<unsigned char>(held_) * 256u + static_cast<unsigned char>(in.front());
        open(header % 31 == 0 ? MAX_WBITS : -MAX_WBITS);
        return true;
    }
    static bool may_open_zlib(char first) noexcept {
        return (first & 0x0f) == 8 && static_cast<unsigned char>(first) <= 0x78;
    }

    char held_ = 0;  // 0: nothing, as no zlib header begins with it
};

class BrotliCodec final : public Codec {
public:
    BrotliCodec() : state_(BrotliDecoderCreateInstance(nullptr, nullptr, nullptr)) {
        if (!state_) throw std::bad_alloc();
    }

    Progress run(std::string_view& in, std::span<char>& out) override {
        auto next_in = reinterpret_cast<const std::uint8_t*>(in.data());
        auto next_out = reinterpret_cast<std::uint8_t*>(out.data());
        std::size_t in_left = in.size();
        std::size_t out_left = out.size();
        const auto result =
            BrotliDecoderDecompressStream(state_.get(), &in_left, &next_in, &out_left, &next_out, nullptr);
        in = in.substr(in.size() - in_left);
        out = out.last(out_left);
        switch (result) {
            case BROTLI_DECODER_RESULT_SUCCESS: return Progress::frame_end;
            case BROTLI_DECODER_RESULT_NEEDS_MORE_INPUT:
            case BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT: return Progress::going;
            case BROTLI_DECODER_RESULT_ERROR: break;
        }
        const auto error = BrotliDecoderGetErrorCode(state_.get());
        if (error <= BROTLI_DECODER_ERROR_ALLOC_CONTEXT_MODES && error >= BROTLI_DECODER_ERROR_ALLOC_BLOCK_TYPE_TREES)
            throw std::bad_alloc();
        return Progress::malformed;
    }
    bool next_frame() override { return false; }

private:
    struct Destroy {
        void operator()(BrotliDecoderState* state) const noexcept { BrotliDecoderDestroyInstance(state); }
    };
    std::unique_ptr<BrotliDecoderState, Destroy> state_;
};

class ZstdCodec final : public Codec {
public:
    ZstdCodec() : stream_(ZSTD_createDStream()) {
        if (!stream_) throw std::bad_alloc();
        ZSTD_DCtx_setParameter(stream_.get(), ZSTD_d_windowLogMax, zstd_window_log_max);
    }

    Progress run(std::string_view& in, std::span<char>& out) override {
        ZSTD_inBuffer source{in.data(), in.size(), 0};
        ZSTD_outBuffer target{out.data(), out.size(), 0};
        const std::size_t result = ZSTD_decompressStream(stream_.get(), &target, &source);
        in.remove_prefix(source.pos);
        out = out.subspan(target.pos);
        if (!ZSTD_isError(result)) return result == 0 ? Progress::frame_end : Progress::going;
        const ZSTD_ErrorCode error = ZSTD_getErrorCode(result);
        if (error == ZSTD_error_memory_allocation) throw std::bad_alloc();
        return error == ZSTD_error_frameParameter_windowTooLarge ? Progress::window_too_large : Progress::malformed;
    }
    bool next_frame() override { return true; }  // the library goes on by itself

private:
    struct Destroy {
        void operator()(ZSTD_DStream* stream) const noexcept { ZSTD_freeDStream(stream); }
    };
    std::unique_ptr<ZSTD_DStream, Destroy> stream_;
};

/// The codings of one body, outermost first: what one yields is the next one's input.
class Pipeline final : public ContentDecoder {
public:
    explicit Pipeline(Limits limits) noexcept : limits_(limits) {}
    void add(std::unique_ptr<Codec> codec) { stages_.push_back({.codec = std::move(codec)}); }

    DecodeStatus feed(std::string_view piece, const Sink& sink) override {
        if (status_ == DecodeStatus::ok) status_ = run(0, piece, sink);
        return status_;
    }

    bool at_end() const noexcept override {
        return std::all_of(stages_.begin(), stages_.end(),
                           [](const Stage& stage) { return stage.place != Place::in_frame; });
    }

private:
    enum class Place : std::uint8_t { start, in_frame, frame_end, padding };
    struct Stage {
        std::unique_ptr<Codec> codec;
        std::size_t output_bytes = 0;
        Place place = Place::start;
    };

    DecodeStatus run(std::size_t index, std::string_view in, const Sink& sink) {
        Stage& stage = stages_[index];
        std::array<char, block_bytes> block;
        for (bool filled = false; !in.empty() || filled;) {
            if (!enter(stage, in)) return DecodeStatus::malformed;
            if (in.empty() && stage.place != Place::in_frame) return DecodeStatus::ok;
            std::span<char> room(block);
            const std::size_t before = in.size();
            const Progress progress = stage.codec->run(in, room);
            const std::size_t yielded = block.size() - room.size();
            if (index == 0) input_bytes_ += before - in.size();
            filled = room.empty();
            if (progress == Progress::frame_end) stage.place = Place::frame_end;

            const DecodeStatus status = hand_on(index, std::string_view(block.data(), yielded), sink);
            if (status != DecodeStatus::ok) return status;
            if (progress == Progress::malformed) return DecodeStatus::malformed;
            if (progress == Progress::window_too_large) return DecodeStatus::over_limit;
            if (progress == Progress::going && yielded == 0 && before == in.size() && !in.empty())
                return DecodeStatus::malformed;  // no library does this; a loop without end must be impossible
        }
        return DecodeStatus::ok;
    }

    /// Before a codec runs: what follows a frame is another frame, or padding.
    static bool enter(Stage& stage, std::string_view& in) {
        if (in.empty() || stage.place == Place::in_frame) return true;
        if (stage.place == Place::frame_end && in.front() == '\0') stage.place = Place::padding;
        if (stage.place == Place::padding) {
            in.remove_prefix(std::min(in.find_first_not_of('\0'), in.size()));
            return in.empty();
        }
        if (stage.place == Place::frame_end && !stage.codec->next_frame()) return false;
        stage.place = Place::in_frame;
        return true;
    }

    DecodeStatus hand_on(std::size_t index, std::string_view block, const Sink& sink) {
        Stage& stage = stages_[index];
        const std::size_t admitted = std::min(block.size(), limits_.max_output_bytes - stage.output_bytes);
        stage.output_bytes += admitted;
        bool over = admitted < block.size();
        if (stage.output_bytes > ratio_free_bytes && (stage.output_bytes - 1) / limits_.max_ratio >= input_bytes_)
            over = true;
        if (admitted > 0) {
            const std::string_view decoded = block.substr(0, admitted);
            if (index + 1 == stages_.size())
                sink(decoded);
            else if (const DecodeStatus status = run(index + 1, decoded, sink); status != DecodeStatus::ok)
                return status;
        }
        return over ? DecodeStatus::over_limit : DecodeStatus::ok;
    }

    Limits limits_;
    std::vector<Stage> stages_;
    std::size_t input_bytes_ = 0;  // taken by the first stage
    DecodeStatus status_ = DecodeStatus::ok;
};

/// nullptr: unknown.
std::unique_ptr<Codec> make_codec(std::string_view coding) {
    if (iequals(coding, "gzip") || iequals(coding, "x-gzip")) return std::make_unique<GzipCodec>();
    if (iequals(coding, "deflate")) return std::make_unique<DeflateCodec>();
    if (iequals(coding, "br")) return std::make_unique<BrotliCodec>();
    if (iequals(coding, "zstd")) return std::make_unique<ZstdCodec>();
    return nullptr;
}

std::string_view trimmed(std::string_view text) noexcept {
    const std::size_t first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

}  // namespace

std::unique_ptr<ContentDecoder> ContentDecoder::make(std::string_view content_encoding, Limits limits, bool& known) {
    constexpr std::size_t max_codings = 2;
    std::vector<std::string_view> codings;
    for (std::string_view rest = content_encoding; !rest.empty();) {
        const std::size_t comma = rest.find(',');
        const std::string_view coding = trimmed(rest.substr(0, comma));
        if (!coding.empty() && !iequals(coding, "identity")) codings.push_back(coding);
        rest = comma == std::string_view::npos ? std::string_view{} : rest.substr(comma + 1);
    }

    known = codings.size() <= max_codings;
    if (!known || codings.empty()) return nullptr;
    auto pipeline = std::make_unique<Pipeline>(limits);
    for (auto coding = codings.rbegin(); coding != codings.rend(); ++coding) {
        auto codec = make_codec(*coding);
        known = codec != nullptr;
        if (!known) return nullptr;
        pipeline->add(std::move(codec));
    }
    return pipeline;
}

}  // namespace tokenweir::parsers
