/// Attributes of a span or log record, as OpenTelemetry knows them: keys and typed values, views wherever that will do.
#pragma once

#include <cstddef>
#include <cstdint>
#include <forward_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "observation/clock.hpp"

namespace tokenweir::tracing {

/// A JSON text. Log records have structures; spans have the text, whole, because that is what back ends read there.
struct JsonText {
    std::string_view json;
    bool as_text = false;
};

using AttributeValue =
    std::variant<bool, std::int64_t, double, std::string_view, std::span<const std::string>, JsonText>;

struct Attribute {
    std::string_view key;
    AttributeValue value;
};

/// Has the members of a JsonObject, so that the same code fills both. Strings must outlive it, those of the last two
/// text functions excepted. Keys must be unique. Ill-formed UTF-8 is the encoder's to mend.
class Attributes {
public:
    Attributes() = default;
    Attributes(Attributes&&) = default;
    Attributes& operator=(Attributes&&) = default;

    void text(std::string_view key, std::string_view value) { add(key, value); }
    void texts(std::string_view key, std::span<const std::string> values) { add(key, values); }
    void json(std::string_view key, std::string_view value) { add(key, JsonText{value}); }
    void integer(std::string_view key, std::int64_t value) { add(key, value); }
    void number(std::string_view key, double value) { add(key, value); }
    void boolean(std::string_view key, bool value) { add(key, value); }
    void seconds(std::string_view key, Duration value) { add(key, Seconds(value).count()); }

    /// The attribute `prefix` + `name`.
    void text(std::string_view prefix, std::string_view name, std::string_view value) {
        add(keep(std::string(prefix).append(name)), value);
    }
    void number(std::string_view prefix, std::string_view name, double value) {
        add(keep(std::string(prefix).append(name)), value);
    }

    /// Takes the value over.
    void own_text(std::string_view key, std::string value) { add(key, keep(std::move(value))); }
    void own_texts(std::string_view key, std::vector<std::string> values) {
        add(key, std::span<const std::string>(kept_lists_.emplace_front(std::move(values))));
    }

    void add(std::string_view key, AttributeValue value) { all_.push_back({key, value}); }
    std::string_view keep(std::string text) { return kept_.emplace_front(std::move(text)); }
    void reserve(std::size_t count) { all_.reserve(count); }

    const std::vector<Attribute>& all() const noexcept { return all_; }

    /// The value of that key, or nullptr.
    const AttributeValue* find(std::string_view key) const noexcept {
        for (const Attribute& attribute : all_)
            if (attribute.key == key) return &attribute.value;
        return nullptr;
    }

private:
    std::vector<Attribute> all_;
    std::forward_list<std::string> kept_;  // lists, because views into them must stay
    std::forward_list<std::vector<std::string>> kept_lists_;
};

}  // namespace tokenweir::tracing
