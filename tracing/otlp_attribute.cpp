#include "tracing/otlp_attribute.hpp"

#include <simdjson.h>

#include <bit>
#include <cstddef>
#include <cstring>
#include <protozero/pbf_writer.hpp>
#include <variant>

#include "observation/utf8.hpp"

namespace tokenweir::tracing {
namespace {

using protozero::pbf_writer;

// Source: opentelemetry/proto/common/v1.
enum class AnyValueField : protozero::pbf_tag_type {
    string_value = 1,
    bool_value,
    int_value,
    double_value,
    array_value,
    kvlist_value
};
enum class KeyValueField : protozero::pbf_tag_type { key = 1, value };
constexpr protozero::pbf_tag_type array_values = 1, kvlist_values = 1;

template <class Field>
constexpr protozero::pbf_tag_type tag(Field field) noexcept {
    return static_cast<protozero::pbf_tag_type>(field);
}

// ---- lists and structures: their lengths are not known beforehand
// ----------------------------------------------------

void add_string(pbf_writer& message, protozero::pbf_tag_type field, std::string_view text) {
    std::string mended;
    text = valid_utf8(text, mended);
    message.add_string(field, text.data(), text.size());
}

/// Writes the one field that the value is; members of a oneof are written even when they are zero.
struct AnyValue {
    pbf_writer& message;

    /// An AnyValue without a value is null; a pbf_writer that nothing was written to leaves nothing.
    static void add_structure(pbf_writer& holder, protozero::pbf_tag_type field,  // NOLINT(misc-no-recursion)
                              simdjson::dom::element element) {
        if (element.is_null()) return holder.add_message(field, "", 0);
        pbf_writer value(holder, field);
        AnyValue{value}.structure(element);
    }
    void structure(simdjson::dom::element element) const {  // NOLINT(misc-no-recursion): as deep as the parser lets it
        using simdjson::dom::element_type;
        switch (element.type()) {
            case element_type::OBJECT: {
                if (simdjson::dom::object(element).size() == 0)
                    return message.add_message(tag(AnyValueField::kvlist_value), "", 0);
                pbf_writer list(message, tag(AnyValueField::kvlist_value));
                for (const auto member : simdjson::dom::object(element)) {
                    pbf_writer pair(list, kvlist_values);
                    add_string(pair, tag(KeyValueField::key), member.key);
                    add_structure(pair, tag(KeyValueField::value), member.value);
                }
                return;
            }
            case element_type::ARRAY: {
                if (simdjson::dom::array(element).size() == 0)
                    return message.add_message(tag(AnyValueField::array_value), "", 0);
                pbf_writer list(message, tag(AnyValueField::array_value));
                for (const simdjson::dom::element item : simdjson::dom::array(element))
                    add_structure(list, array_values, item);
                return;
            }
            case element_type::STRING: return (*this)(std::string_view(element));
            case element_type::BOOL: return (*this)(bool(element));
            case element_type::INT64: return (*this)(std::int64_t(element));
            case element_type::UINT64:
            case element_type::DOUBLE: return (*this)(double(element));
            case element_type::NULL_VALUE: return;
        }
    }

    void operator()(bool value) const { message.add_bool(tag(AnyValueField::bool_value), value); }
    void operator()(std::int64_t value) const { message.add_int64(tag(AnyValueField::int_value), value); }
    void operator()(double value) const { message.add_double(tag(AnyValueField::double_value), value); }
    void operator()(std::string_view value) const { add_string(message, tag(AnyValueField::string_value), value); }
    void operator()(const JsonText& text) const {
        simdjson::dom::parser parser;
        simdjson::dom::element element;
        if (text.as_text || parser.parse(simdjson::padded_string(text.json)).get(element) != simdjson::SUCCESS)
            (*this)(text.json);
        else
            structure(element);
    }
    void operator()(std::span<const std::string> values) const {
        pbf_writer array(message, tag(AnyValueField::array_value));
        for (const std::string& value : values) {
            pbf_writer element(array, array_values);
            add_string(element, tag(AnyValueField::string_value), value);
        }
    }
};

void append_by_writer(std::string& out, std::uint32_t field, std::string_view key, const AttributeValue& value) {
    pbf_writer message(out);
    pbf_writer pair(message, field);
    add_string(pair, tag(KeyValueField::key), key);
    pbf_writer any(pair, tag(KeyValueField::value));
    std::visit(AnyValue{any}, value);
}

// ---- what nearly all attributes are
// ----------------------------------------------------------------------------------

constexpr std::size_t varint_length(std::uint64_t value) noexcept {
    return (std::size_t{std::bit_width(value | 1)} + 6) / 7;
}

/// Of a field with a length before it. Its tag is one byte, like all here.
constexpr std::size_t field_length(std::size_t content) noexcept { return 1 + varint_length(content) + content; }

/// Writes to memory that is large enough.
class Cursor {
public:
    explicit Cursor(char* at) noexcept : at_(at) {}

    Cursor& byte(std::uint8_t value) noexcept {
        *at_++ = static_cast<char>(value);
        return *this;
    }
    template <class Field>
    Cursor& tag(Field field, protozero::pbf_wire_type type) noexcept {
        return byte(
            static_cast<std::uint8_t>(static_cast<std::uint32_t>(field) << 3 | static_cast<std::uint32_t>(type)));
    }
    Cursor& varint(std::uint64_t value) noexcept {
        for (; value >= 0x80; value >>= 7) byte(static_cast<std::uint8_t>(value | 0x80));
        return byte(static_cast<std::uint8_t>(value));
    }
    Cursor& fixed64(std::uint64_t value) noexcept {
        for (int i = 0; i < 8; ++i) byte(static_cast<std::uint8_t>(value >> (8 * i)));
        return *this;
    }
    template <class Field>
    Cursor& length(Field field, std::size_t content) noexcept {
        return tag(field, protozero::pbf_wire_type::length_delimited).varint(content);
    }
    template <class Field>
    Cursor& text(Field field, std::string_view text) noexcept {
        length(field, text.size());
        std::memcpy(at_, text.data(), text.size());
        at_ += text.size();
        return *this;
    }

private:
    char* at_;
};

/// A value that is one field: its length, and its bytes.
struct Plain {
    using Type = protozero::pbf_wire_type;

    static std::size_t length(bool) noexcept { return 2; }
    static std::size_t length(std::int64_t value) noexcept {
        return 1 + varint_length(static_cast<std::uint64_t>(value));
    }
    static std::size_t length(double) noexcept { return 9; }
    static std::size_t length(std::string_view text) noexcept { return field_length(text.size()); }

    static void write(Cursor& at, bool value) noexcept {
        at.tag(AnyValueField::bool_value, Type::varint).byte(value ? 1 : 0);
    }
    static void write(Cursor& at, std::int64_t value) noexcept {
        at.tag(AnyValueField::int_value, Type::varint).varint(static_cast<std::uint64_t>(value));
    }
    static void write(Cursor& at, double value) noexcept {
        at.tag(AnyValueField::double_value, Type::fixed64).fixed64(std::bit_cast<std::uint64_t>(value));
    }
    static void write(Cursor& at, std::string_view text) noexcept { at.text(AnyValueField::string_value, text); }
};

void append_plain(std::string& out, std::uint32_t field, std::string_view key, const auto& value) {
    const std::size_t length = Plain::length(value);
    const std::size_t pair = field_length(key.size()) + field_length(length);
    const std::size_t before = out.size();
    out.resize(before + field_length(pair));
    Cursor at(out.data() + before);
    at.length(field, pair).text(KeyValueField::key, key).length(KeyValueField::value, length);
    Plain::write(at, value);
}

/// False: not every value of that kind is one field.
struct AppendPlain {
    std::string& out;
    std::uint32_t field;
    std::string_view key;

    bool operator()(const auto& value) const {
        append_plain(out, field, key, value);
        return true;
    }
    bool operator()(std::string_view text) const {
        std::string mended;
        append_plain(out, field, key, valid_utf8(text, mended));
        return true;
    }
    bool operator()(const JsonText& text) const { return text.as_text && (*this)(text.json); }
    bool operator()(std::span<const std::string>) const noexcept { return false; }
};

bool is_ascii(std::string_view text) noexcept {
    constexpr std::uint64_t high_bits = 0x8080808080808080;
    std::uint64_t seen = 0;
    const char* at = text.data();
    std::size_t left = text.size();
    for (std::uint64_t word = 0; left >= sizeof word; left -= sizeof word, at += sizeof word) {
        std::memcpy(&word, at, sizeof word);
        seen |= word;
    }
    for (; left > 0; --left, ++at) seen |= static_cast<unsigned char>(*at);
    return (seen & high_bits) == 0;
}

}  // namespace

std::string_view valid_utf8(std::string_view text, std::string& mended) {
    if (is_ascii(text)) return text;
    for (std::string_view rest = text; !rest.empty();) {
        const Utf8Step step = utf8_step(rest);
        if (!step.well_formed) return mended = to_valid_utf8(text);
        rest.remove_prefix(step.length);
    }
    return text;
}

void append_otlp_head(std::string& out, std::uint32_t field, std::uint64_t length) {
    const std::size_t before = out.size();
    out.resize(before + 1 + varint_length(length));
    Cursor(out.data() + before).length(field, length);
}

void append_otlp_attribute(std::string& out, std::uint32_t field, std::string_view key, const AttributeValue& value) {
    std::string mended;
    key = valid_utf8(key, mended);
    if (!std::visit(AppendPlain{out, field, key}, value)) append_by_writer(out, field, key, value);
}

}  // namespace tokenweir::tracing
