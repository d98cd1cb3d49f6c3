#include "tracing/otlp_attributes.hpp"

#include <simdjson.h>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <string>
#include <variant>
#include <vector>

namespace tokenweir::tracing {
namespace {

constexpr int array_values = 1, kvlist_values = 1;

/// Writes the one field that the value is; members of a oneof are written even when they are zero.
struct AnyValue {
    Protobuf& message;

    void structure(simdjson::dom::element element) const {  // NOLINT(misc-no-recursion): as deep as the parser lets it
        using simdjson::dom::element_type;
        switch (element.type()) {
            case element_type::OBJECT: {
                const Protobuf::Message list(message, AnyValueField::kvlist_value);
                for (const auto member : simdjson::dom::object(element)) {
                    const Protobuf::Message pair(message, kvlist_values);
                    message.text(KeyValueField::key, member.key);
                    const Protobuf::Message value(message, KeyValueField::value);
                    structure(member.value);
                }
                return;
            }
            case element_type::ARRAY: {
                const Protobuf::Message list(message, AnyValueField::array_value);
                for (const simdjson::dom::element item : simdjson::dom::array(element)) {
                    const Protobuf::Message value(message, array_values);
                    structure(item);
                }
                return;
            }
            case element_type::STRING: return (*this)(std::string_view(element));
            case element_type::BOOL: return (*this)(bool(element));
            case element_type::INT64: return (*this)(std::int64_t(element));
            case element_type::UINT64:
            case element_type::DOUBLE: return (*this)(double(element));
            case element_type::NULL_VALUE: return;  // an AnyValue without a value
        }
    }

    void operator()(bool value) const { message.varint(AnyValueField::bool_value, value ? 1 : 0); }
    void operator()(std::int64_t value) const {
        message.varint(AnyValueField::int_value, static_cast<std::uint64_t>(value));
    }
    void operator()(double value) const { message.real(AnyValueField::double_value, value); }
    void operator()(std::string_view value) const { message.text(AnyValueField::string_value, value); }
    void operator()(const JsonText& text) const {
        simdjson::dom::parser parser;
        simdjson::dom::element element;
        if (text.as_text || parser.parse(simdjson::padded_string(text.json)).get(element) != simdjson::SUCCESS)
            (*this)(text.json);
        else
            structure(element);
    }
};

/// A value that is one field: its length, and its bytes.
struct Plain {
    static std::size_t length(bool) noexcept { return 2; }
    static std::size_t length(std::int64_t value) noexcept {
        return 1 + varint_length(static_cast<std::uint64_t>(value));
    }
    static std::size_t length(double) noexcept { return 1 + sizeof(double); }
    static std::size_t length(std::string_view text) noexcept { return field_length(text.size()); }
    static std::size_t length(std::span<const std::string> texts) noexcept { return field_length(content(texts)); }

    // False: there is text that is not ASCII.
    static bool write(ProtobufCursor& at, bool value) noexcept {
        at.tag(AnyValueField::bool_value, WireType::varint).varint(value ? 1 : 0);
        return true;
    }
    static bool write(ProtobufCursor& at, std::int64_t value) noexcept {
        at.tag(AnyValueField::int_value, WireType::varint).varint(static_cast<std::uint64_t>(value));
        return true;
    }
    static bool write(ProtobufCursor& at, double value) noexcept {
        at.tag(AnyValueField::double_value, WireType::fixed64).fixed(value);
        return true;
    }
    static bool write(ProtobufCursor& at, std::string_view text) noexcept {
        return at.head(AnyValueField::string_value, text.size()).copy_text(text);
    }
    static bool write(ProtobufCursor& at, std::span<const std::string> texts) noexcept {
        at.head(AnyValueField::array_value, content(texts));
        bool is_ascii = true;
        for (const std::string_view text : texts) is_ascii &= write(at.head(array_values, length(text)), text);
        return is_ascii;
    }

private:
    static std::size_t content(std::span<const std::string> texts) noexcept {
        std::size_t bytes = 0;
        for (const std::string_view text : texts) bytes += field_length(length(text));
        return bytes;
    }
};

/// Writes a KeyValue, in one go if its value is one field. The name is UTF-8.
struct KeyValue {
    Protobuf& message;
    std::uint32_t field;
    std::string_view prefix, name;

    bool plain(const auto& value) const {
        const std::size_t key = prefix.size() + name.size(), length = Plain::length(value);
        const std::size_t pair = field_length(key) + field_length(length);
        ProtobufCursor at = message.room(field_length(pair));
        at.head(field, pair).head(KeyValueField::key, key).copy(prefix).copy(name);
        const bool is_ascii = Plain::write(at.head(KeyValueField::value, length), value);
        message.commit(at);
        return is_ascii;
    }
    void nested(const JsonText& value) const {
        const Protobuf::Message pair(message, field);
        const std::size_t key = prefix.size() + name.size();
        message.commit(message.room(field_length(key)).head(KeyValueField::key, key).copy(prefix).copy(name));
        const Protobuf::Message any(message, KeyValueField::value);
        AnyValue{message}(value);
    }

    void operator()(const auto& value) const { plain(value); }
    void operator()(std::string_view text) const {
        const std::size_t start = message.size();
        if (!plain(text)) mend(start, text);
    }
    /// Writes it again, from `start`, if the text was no UTF-8.
    void mend(std::size_t start, std::string_view text) const {
        if (is_valid_utf8(text)) return;
        message.cut(start);
        plain(std::string_view(to_valid_utf8(text)));
    }
    void operator()(const JsonText& text) const { text.as_text ? (*this)(text.json) : nested(text); }
    void operator()(std::span<const std::string> values) const {
        const std::size_t start = message.size();
        if (plain(values) || std::ranges::all_of(values, is_valid_utf8)) return;
        message.cut(start);
        std::vector<std::string> mended;
        for (const std::string& text : values) mended.push_back(to_valid_utf8(text));
        plain(std::span<const std::string>(mended));
    }
};

}  // namespace

void OtlpAttributes::add(const AttributeKey& key, const AttributeValue& value) {
    if (!is_valid_utf8(key.name)) return add({key.key, to_valid_utf8(key.name)}, value);
    std::visit(KeyValue{message_, field_, key.key, key.name}, value);
}

void OtlpAttributes::mend(std::size_t start, Key key, std::string_view text) {
    KeyValue{message_, field_, key, {}}.mend(start, text);
}

}  // namespace tokenweir::tracing
