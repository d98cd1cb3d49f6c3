#include "tracing/gzip.hpp"

#include <zlib.h>

#include <memory>
#include <new>

namespace tokenweir::tracing {

std::string gzip(std::string_view data) {
    constexpr int level = Z_BEST_SPEED, gzip_window = 15 + 16, memory_level = 8;
    z_stream stream{};
    if (deflateInit2(&stream, level, Z_DEFLATED, gzip_window, memory_level, Z_DEFAULT_STRATEGY) != Z_OK)
        throw std::bad_alloc();
    const std::unique_ptr<z_stream, decltype(&deflateEnd)> end(&stream, &deflateEnd);
    std::string out(deflateBound(&stream, data.size()), '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(data.data()));  // zlib reads only
    stream.avail_in = static_cast<uInt>(data.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    deflate(&stream, Z_FINISH);  // all of it fits
    out.resize(stream.total_out);
    return out;
}

}  // namespace tokenweir::tracing
