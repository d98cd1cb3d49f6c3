#include "proxy/gzip.hpp"

#include <zlib.h>

#include <new>
#include <optional>

#include "observation/accept.hpp"

namespace tokenweir::proxy {

bool accepts_gzip(Fields request_fields) noexcept {
    std::optional<bool> named, any;
    for_each_accepted(request_fields, "accept-encoding", [&](const Accepted& accepted) {
        if (iequals(accepted.name, "gzip") || iequals(accepted.name, "x-gzip")) named = accepted.weight > 0;
        if (accepted.name == "*") any = accepted.weight > 0;
    });
    return named ? *named : any.value_or(false);
}

std::string gzipped(std::string_view text) {
    constexpr int gzip_format = 16 + MAX_WBITS, memory_level = 8;
    z_stream stream{};
    if (deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, gzip_format, memory_level, Z_DEFAULT_STRATEGY) != Z_OK)
        throw std::bad_alloc();
    std::string out;
    try {
        out.resize(deflateBound(&stream, text.size()));
    } catch (...) {
        deflateEnd(&stream);
        throw;
    }
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));  // NOLINT: zlib 1 reads it only
    stream.avail_in = static_cast<uInt>(text.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());  // NOLINT
    stream.avail_out = static_cast<uInt>(out.size());
    deflate(&stream, Z_FINISH);  // in one step: deflateBound leaves room for all of it
    out.resize(stream.total_out);
    deflateEnd(&stream);
    return out;
}

}  // namespace tokenweir::proxy
