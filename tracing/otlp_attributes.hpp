/// Attributes in OTLP's protobuf, each written in one go where that can be done: most of a request is attributes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "tracing/attribute_sink.hpp"
#include "tracing/protobuf.hpp"

namespace tokenweir::tracing {

// Source: opentelemetry/proto/common/v1.
enum class AnyValueField : std::uint8_t {
    string_value = 1,
    bool_value,
    int_value,
    double_value,
    array_value,
    kvlist_value
};
enum class KeyValueField : std::uint8_t { key = 1, value };

/// Writes each attribute as the field `field`, a KeyValue. What is short, and that is nearly all of the record, is
/// written where its key is known: as constants, and the value.
class OtlpAttributes final : public AttributeSink {
public:
    /// Requires: 0 < `field` < 16.
    OtlpAttributes(Protobuf& message, auto field) : message_(message), field_(static_cast<std::uint32_t>(field)) {}

    void add(const AttributeKey& key, const AttributeValue& value) override;

    using AttributeSink::number;
    using AttributeSink::text;
    [[gnu::always_inline]] void text(Key key, std::string_view value) {
        if (key.size() + value.size() > longest_short) return add({key}, value);
        const std::size_t start = message_.size();
        ProtobufCursor at = short_pair(key, 2 + value.size());
        const bool is_ascii = at.short_head(AnyValueField::string_value, value.size()).copy_text(value);
        message_.commit(at);
        if (!is_ascii) [[unlikely]]
            mend(start, key, value);
    }
    [[gnu::always_inline]] void integer(Key key, std::int64_t value) {
        const auto number = static_cast<std::uint64_t>(value);
        ProtobufCursor at = short_pair(key, 1 + varint_length(number));
        message_.commit(at.tag(AnyValueField::int_value, WireType::varint).varint(number));
    }
    [[gnu::always_inline]] void number(Key key, double value) {
        ProtobufCursor at = short_pair(key, 1 + sizeof value);
        message_.commit(at.tag(AnyValueField::double_value, WireType::fixed64).fixed(value));
    }
    [[gnu::always_inline]] void boolean(Key key, bool value) {
        ProtobufCursor at = short_pair(key, 2);
        message_.commit(at.tag(AnyValueField::bool_value, WireType::varint).varint(value ? 1 : 0));
    }
    [[gnu::always_inline]] void seconds(Key key, Duration value) { number(key, Seconds(value).count()); }

private:
    // A pair of at most 127 bytes: every length in it is one byte. Around a key and a text there are six others.
    static constexpr std::size_t longest_short = 127 - 6;

    /// All of the pair but the value: so many bytes. Requires: 6 + the key + that many are less than 128.
    [[gnu::always_inline]] ProtobufCursor short_pair(Key key, std::size_t length) {
        ProtobufCursor at = message_.room(2 + longest_short + 6);
        at.short_head(field_, 4 + key.size() + length).short_head(KeyValueField::key, key.size()).copy(key);
        return at.short_head(KeyValueField::value, length);
    }
    void mend(std::size_t start, Key key, std::string_view text);

    Protobuf& message_;
    const std::uint32_t field_;
};

}  // namespace tokenweir::tracing
