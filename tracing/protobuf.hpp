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

/// Copies the text. Whether all of it was ASCII.
bool copy_ascii(char* to, std::string_view text) noexcept;

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
        if (!bytes.empty()) std::memcpy(at_, bytes.data(), bytes.size());
        at_ += bytes.size();
        return *this;
    }
    /// Whether all of it was ASCII.
    bool copy_text(std::string_view text) noexcept { return copy_ascii(std::exchange(at_, at_ + text.size()), text); }
    ProtobufCursor& skip(std::size_t count) noexcept {
        at_ += count;
        return *this;
    }
    ProtobufCursor& head(auto field, std::size_t length) noexcept {
        return tag(field, WireType::length_delimited).varint(length);
    }
    ProtobufCursor& bytes(auto field, std::string_view bytes) noexcept { return head(field, bytes.size()).copy(bytes); }

    /// The head of a field of less than 128 bytes, whose number is below 16.
    ProtobufCursor& short_head(auto field, std::size_t length) noexcept {
        at_[0] =
            static_cast<char>(static_cast<unsigned>(field) << 3 | static_cast<unsigned>(WireType::length_delimited));
        at_[1] = static_cast<char>(length);
        at_ += 2;
        return *this;
    }

private:
    char* at_;
};

/// Messages, one field behind the other. Throws std::bad_alloc.
class Protobuf {
public:
    std::string_view bytes() const noexcept { return {begin_.get(), size()}; }
    std::size_t size() const noexcept { return static_cast<std::size_t>(end_ - begin_.get()); }
    void clear() noexcept { cut(0); }

    /// Bytes as they are: whole fields, or the text of a format that shares this memory.
    void raw(std::string_view bytes) { commit(room(bytes.size()).copy(bytes)); }

    /// Takes back all but the first `size` bytes.
    void cut(std::size_t size) noexcept { end_ = begin_.get() + size; }

    /// To where at most that many bytes may be written. They count once commit() knows their end.
    [[gnu::always_inline]] ProtobufCursor room(std::size_t most) {
        if (most > static_cast<std::size_t>(limit_ - end_)) [[unlikely]]
            grow(most);
        return ProtobufCursor(end_);
    }
    void commit(const ProtobufCursor& end) noexcept { end_ = end.position(); }

    void varint(auto field, std::uint64_t value) {
        commit(room(2 * longest_varint).tag(field, WireType::varint).varint(value));
    }
    void fixed64(auto field, std::uint64_t value) {
        commit(room(longest_varint + sizeof value).tag(field, WireType::fixed64).fixed(value));
    }
    void fixed32(auto field, std::uint32_t value) {
        commit(room(longest_varint + sizeof value).tag(field, WireType::fixed32).fixed(value));
    }
    void real(auto field, double value) { fixed64(field, std::bit_cast<std::uint64_t>(value)); }
    void bytes(auto field, std::string_view bytes) {
        commit(room(2 * longest_varint + bytes.size()).bytes(field, bytes));
    }
    /// A string, which has to be UTF-8: back ends refuse a whole batch for one that is not. What is not is replaced.
    void text(auto field, std::string_view text) {
        const std::size_t start = size();
        ProtobufCursor at = room(2 * longest_varint + text.size());
        const bool is_ascii = at.head(field, text.size()).copy_text(text);
        commit(at);
        if (is_ascii || is_valid_utf8(text)) return;
        cut(start);
        bytes(field, to_valid_utf8(text));
    }

    /// Until it ends, what is written belongs to a message that is a field of the one around it.
    class Message {
    public:
        /// `expected`: about how many bytes it will have. It is moved in the end if its length takes more or fewer
        /// bytes.
        Message(Protobuf& out, auto field, std::size_t expected = 0)
            : out_(out), length_bytes_(varint_length(expected)) {
            out.begin_message();
            out.commit(out.room(2 * longest_varint).tag(field, WireType::length_delimited).skip(length_bytes_));
            start_ = out.size();
        }
        ~Message() { out_.close(start_, length_bytes_); }
        Message(const Message&) = delete;
        Message& operator=(const Message&) = delete;

    private:
        Protobuf& out_;
        const std::size_t length_bytes_;
        std::size_t start_;
    };

private:
    static constexpr std::size_t longest_varint = 10;
    void grow(std::size_t more);
    void begin_message();
    void close(std::size_t start, std::size_t length_bytes) noexcept;

    std::unique_ptr<char[]> begin_;
    char* end_ = nullptr;
    char* limit_ = nullptr;  // of what may be written to
    std::size_t kept_ = 0;   // bytes behind it, for the lengths of the messages that are open
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
