#include "tracing/protobuf.hpp"

#include <algorithm>

namespace tokenweir::tracing {
namespace {

using Block = std::uint64_t __attribute__((vector_size(16)));

/// So many bytes at a time, the last ones up to the end. Requires: at least that many.
template <class Word>
bool copy_words(char* to, std::string_view text) noexcept {
    Word seen{};
    const auto copy = [&](std::size_t at) {
        Word word;
        std::memcpy(&word, text.data() + at, sizeof word);
        std::memcpy(to + at, &word, sizeof word);
        seen |= word;
    };
    const std::size_t last = text.size() - sizeof(Word);
    for (std::size_t at = 0; at < last; at += sizeof(Word)) copy(at);
    copy(last);
    constexpr std::uint64_t high_bits = 0x8080808080808080;
    if constexpr (sizeof(Word) > sizeof(std::uint64_t))
        return ((seen[0] | seen[1]) & high_bits) == 0;
    else
        return (seen & high_bits) == 0;
}

}  // namespace

bool copy_ascii(char* to, std::string_view text) noexcept {
    if (text.size() >= sizeof(Block)) return copy_words<Block>(to, text);
    if (text.size() >= sizeof(std::uint64_t)) return copy_words<std::uint64_t>(to, text);
    if (text.size() >= sizeof(std::uint32_t)) return copy_words<std::uint32_t>(to, text);
    unsigned seen = 0;
    for (std::size_t i = 0; i < text.size(); ++i) seen |= static_cast<unsigned char>(to[i] = text[i]);
    return seen < 0x80;
}

void Protobuf::grow(std::size_t more) {
    constexpr std::size_t least = 4096;
    const std::size_t used = size(), before = static_cast<std::size_t>(limit_ - begin_.get()) + kept_;
    const std::size_t capacity = std::max({least, 2 * before, used + more + kept_});
    auto grown = std::make_unique_for_overwrite<char[]>(capacity);
    if (used > 0) std::memcpy(grown.get(), begin_.get(), used);
    begin_ = std::move(grown);
    end_ = begin_.get() + used;
    limit_ = begin_.get() + capacity - kept_;
}

// A message of 4 GiB has a length of five bytes; at least one is there before it.
constexpr std::size_t most_missing = 4;

/// There is room for the head of a message then, and when it ends its length can be written without fail.
void Protobuf::begin_message() {
    room(2 * longest_varint + most_missing);
    limit_ -= most_missing;
    kept_ += most_missing;
}

/// Writes the length of the message that begins at `start`, before which there is so much room for it.
void Protobuf::close(std::size_t start, std::size_t length_bytes) noexcept {
    limit_ += most_missing;
    kept_ -= most_missing;
    char* const content = begin_.get() + start;
    const std::size_t length = size() - start, needed = varint_length(length);
    if (needed != length_bytes) {
        std::memmove(content - length_bytes + needed, content, length);
        end_ = end_ - length_bytes + needed;
    }
    ProtobufCursor(content - length_bytes).varint(length);
}

std::optional<ProtobufField> ProtobufReader::next() noexcept {
    if (rest_.empty() || failed_) return std::nullopt;
    const auto field = take();
    failed_ = !field;
    return field;
}

std::optional<ProtobufField> ProtobufReader::take() noexcept {
    const auto tag = take_varint();
    if (!tag || *tag >> 3 == 0) return std::nullopt;
    ProtobufField field{.number = *tag >> 3, .type = static_cast<WireType>(*tag & 7)};
    if (field.type == WireType::varint) {
        const auto value = take_varint();
        field.varint = value.value_or(0);
        return value ? std::optional(field) : std::nullopt;
    }
    std::optional<std::uint64_t> length;
    if (field.type == WireType::length_delimited) length = take_varint();
    if (field.type == WireType::fixed64) length = 8;
    if (field.type == WireType::fixed32) length = 4;
    if (!length || *length > rest_.size()) return std::nullopt;
    field.bytes = rest_.substr(0, *length);
    rest_.remove_prefix(*length);
    return field;
}

std::optional<std::uint64_t> ProtobufReader::take_varint() noexcept {
    constexpr std::size_t longest = 10;
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < std::min(longest, rest_.size()); ++i) {
        const auto byte = static_cast<unsigned char>(rest_[i]);
        value |= std::uint64_t{byte & 0x7FU} << 7 * i;
        if (byte >= 0x80) continue;
        rest_.remove_prefix(i + 1);
        return value;
    }
    return std::nullopt;
}

}  // namespace tokenweir::tracing
