#include "tracing/protobuf.hpp"

#include <algorithm>

namespace tokenweir::tracing {

void Protobuf::grow(std::size_t more) {
    constexpr std::size_t least = 4096;
    const std::size_t used = size();
    const std::size_t capacity = std::max({least, 2 * static_cast<std::size_t>(limit_ - begin_.get()), used + more});
    auto grown = std::make_unique_for_overwrite<char[]>(capacity);
    if (used > 0) std::memcpy(grown.get(), begin_.get(), used);
    begin_ = std::move(grown);
    end_ = begin_.get() + used;
    limit_ = begin_.get() + capacity;
}

/// Closes the gap between the length of the message that begins at `start`, and its content.
void Protobuf::close(std::size_t start) noexcept {
    const std::size_t length = size() - start;
    char* const content = begin_.get() + start;
    ProtobufCursor at(content - length_bytes);
    at.varint(length);
    std::memmove(at.position(), content, length);
    end_ = at.position() + length;
}

}  // namespace tokenweir::tracing
