#include "tracing/gzip.hpp"

#include <zlib.h>

#include <memory>
#include <new>

namespace tokenweir::tracing {

std::string gzip(std::span<const std::string_view> parts) {
    constexpr int level = Z_BEST_SPEED, gzip_window = 15 + 16, memory_level = 8;
    z_stream stream{};
    if (deflateInit2(&stream, level, Z_DEFLATED, gzip_window, memory_level, Z_DEFAULT_STRATEGY) != Z_OK)
        throw std::bad_alloc();
    const std::unique_ptr<z_stream, decltype(&deflateEnd)> end(&stream, &deflateEnd);
    std::size_t size = 0;
    for (const std::string_view part : parts) size += part.size();
    std::string out(deflateBound(&stream, size), '\0');
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    const auto run = [&](int flush) {
        while (deflate(&stream, flush) == Z_OK && stream.avail_out == 0) {  // more than zlib reckoned with
            out.resize(out.size() * 2);
            stream.next_out = reinterpret_cast<Bytef*>(out.data()) + stream.total_out;
            stream.avail_out = static_cast<uInt>(out.size() - stream.total_out);
        }
    };
    for (const std::string_view part : parts) {
        stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(part.data()));  // zlib reads only
        stream.avail_in = static_cast<uInt>(part.size());
        run(Z_NO_FLUSH);
    }
    run(Z_FINISH);
    out.resize(stream.total_out);
    return out;
}

}  // namespace tokenweir::tracing
