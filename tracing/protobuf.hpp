/// Protobuf, field by field: written into memory that is used again for the next messages, and read.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "observation/utf8.hpp"

namespace tokenweir::tracing {

/// Wire types (protobuf, encoding).
enum class WireType : std::uint8_t { varint = 0, fixed64 = 1, length_delimited = 2, fixed32 = 5 };

constexpr std::size_t varint_length(std::uint64_t value) noexcept {
    return value < 0x80 ? 1 : (std::size_t{std::bit_width(value)} + 6) / 7;
}

/// Of a field that has its length before it. Requires: the field's number is below 16.
constexpr std::size_t field_length(std::size_t content) noexcept { return 1 + varint_length(content) + content; }

/// Writes to memory that is large enough. Fields are numbers, or enums of them.
class ProtobufCursor {
public:
    explicit ProtobufCursor(char* at) noexcept : at_(at) {}
    char* position() const noexcept { return at_; }

    ProtobufCursor& varint(std::uint64_t value) noexcept {
        for (; value >= 0x80; value >>= 7) *at_++ = static_cast<char>(value | 0x80);
        *at_++ = static_cast<char>(value);
        return *this;
    }
    ProtobufCursor& tag(auto field, WireType type) noexcept {
        return varint(static_cast<std::uint64_t>(field) << 3 | static_cast<std::uint64_t>(type));
    }
    template <class Number>
    ProtobufCursor& fixed(Number value) noexcept {
        static_assert(std::endian::native == std::endian::little);
        std::memcpy(at_, &value, sizeof value);
        at_ += sizeof value;
        return *this;
    }
    ProtobufCursor& copy(std::string_view bytes) noexcept {
        copy_text(bytes);
        return *this;
    }
    /// Whether all of it was ASCII. Inline, since most texts are shorter than calling memcpy() takes.
    bool copy_text(std::string_view text) noexcept {
        char* const to = std::exchange(at_, at_ + text.size());
        if (text.size() >= sizeof(Block)) return copy_words<Block>(to, text);
        if (text.size() >= sizeof(std::uint64_t)) return copy_words<std::uint64_t>(to, text);
        unsigned seen = 0;
        for (std::size_t i = 0; i < text.size(); ++i) seen |= static_cast<unsigned char>(to[i] = text[i]);
        return seen < 0x80;
    }
    ProtobufCursor& skip(std::size_t count) noexcept {
        at_ += count;
        return *this;
    }
    ProtobufCursor& head(auto field, std::size_t length) noexcept {
        return tag(field, WireType::length_delimited).varint(length);
    }
    ProtobufCursor& bytes(auto field, std::string_view bytes) noexcept { return head(field, bytes.size()).copy(bytes); }

private:
    using Block = std::uint64_t __attribute__((vector_size(16)));

    /// So many bytes at a time, the last ones up to the end. Requires: at least that many.
    template <class Word>
    static bool copy_words(char* to, std::string_view text) noexcept {
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
        if constexpr (sizeof(Word) == sizeof(std::uint64_t))
            return (seen & high_bits) == 0;
        else
            return ((seen[0] | seen[1]) & high_bits) == 0;
    }

    char* at_;
};

/// Messages, one field behind the other. Throws std::bad_alloc.
class Protobuf {
public:
    std::string_view bytes() const noexcept { return {begin_.get(), size()}; }
    std::size_t size() const noexcept { return static_cast<std::size_t>(end_ - begin_.get()); }
    void clear() noexcept { cut(0); }

    /// Takes back all but the first `size` bytes.
    void cut(std::size_t size) noexcept { end_ = begin_.get() + size; }

    /// `write` is given a ProtobufCursor to at most that many bytes.
    template <class Write>
    void write(std::size_t most, const Write& write) {
        if (most > static_cast<std::size_t>(limit_ - end_)) grow(most);
        ProtobufCursor at(end_);
        write(at);
        end_ = at.position();
    }

    void varint(auto field, std::uint64_t value) {
        write(2 * longest_varint, [&](auto& at) { at.tag(field, WireType::varint).varint(value); });
    }
    void fixed64(auto field, std::uint64_t value) {
        write(longest_varint + sizeof value, [&](auto& at) { at.tag(field, WireType::fixed64).fixed(value); });
    }
    void fixed32(auto field, std::uint32_t value) {
        write(longest_varint + sizeof value, [&](auto& at) { at.tag(field, WireType::fixed32).fixed(value); });
    }
    void real(auto field, double value) { fixed64(field, std::bit_cast<std::uint64_t>(value)); }
    void bytes(auto field, std::string_view bytes) {
        write(2 * longest_varint + bytes.size(), [&](auto& at) { at.bytes(field, bytes); });
    }
    /// A string, which has to be UTF-8: back ends refuse a whole batch for one that is not. What is not is replaced.
    void text(auto field, std::string_view text) {
        const std::size_t start = size();
        bool is_ascii = false;
        write(2 * longest_varint + text.size(),
              [&](auto& at) { is_ascii = at.head(field, text.size()).copy_text(text); });
        if (is_ascii || is_valid_utf8(text)) return;
        cut(start);
        bytes(field, to_valid_utf8(text));
    }

    /// Until it ends, what is written belongs to a message that is a field of the one around it.
    class Message {
    public:
        Message(Protobuf& out, auto field) : out_(out) {
            out.write(longest_varint + length_bytes,
                      [&](auto& at) { at.tag(field, WireType::length_delimited).skip(length_bytes); });
            start_ = out.size();
        }
        ~Message() { out_.close(start_); }
        Message(const Message&) = delete;
        Message& operator=(const Message&) = delete;

    private:
        Protobuf& out_;
        std::size_t start_;
    };

private:
    static constexpr std::size_t longest_varint = 10;
    static constexpr std::size_t length_bytes = 5;  // kept free before a message until its length is known

    void grow(std::size_t more);
    void close(std::size_t start) noexcept;

    std::unique_ptr<char[]> begin_;
    char* end_ = nullptr;
    char* limit_ = nullptr;
};

/// A field as it stands in a message. What it means depends on both its number and its type.
struct ProtobufField {
    std::uint64_t number = 0;
    WireType type = WireType::varint;
    std::uint64_t varint = 0;
    std::string_view bytes{};  ///< of every other type

    bool is(auto its_number, WireType its_type) const noexcept {
        return number == static_cast<std::uint64_t>(its_number) && type == its_type;
    }
};

/// Reads a message that somebody else wrote: whatever it says, no byte outside of it is looked at.
class ProtobufReader {
public:
    explicit ProtobufReader(std::string_view message) noexcept : rest_(message) {}

    /// The next field, whose bytes are the message's. Nothing: it has ended, or is not well-formed from here on.
    std::optional<ProtobufField> next() noexcept;

    /// There was something that is no field. Groups are none: nothing that is read here has any.
    bool failed() const noexcept { return failed_; }

private:
    std::optional<ProtobufField> take() noexcept;
    std::optional<std::uint64_t> take_varint() noexcept;

    std::string_view rest_;
    bool failed_ = false;
};

}  // namespace tokenweir::tracing
