/// Attributes as OpenTelemetry knows them, keys and typed values, on their way into an encoding.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "observation/clock.hpp"
#include "tracing/key.hpp"

namespace tokenweir::tracing {

/// A JSON text. Log records have structures; spans have the text, whole, because that is what back ends read there.
struct JsonText {
    std::string_view json;
    bool as_text = false;
};

using AttributeValue =
    std::variant<bool, std::int64_t, double, std::string_view, std::span<const std::string>, JsonText>;

struct AttributeKey {
    Key key;
    std::string_view name{};  ///< the rest of it, if somebody else chose that

    std::string whole() const { return std::string(key.text()).append(name); }
};

/// Takes attributes one after the other; has the members of a JsonObject, so that the same code fills both. Nothing
/// needs to outlive a call. Ill-formed UTF-8 is the encoder's to mend.
class AttributeSink {
public:
    virtual void add(const AttributeKey& key, const AttributeValue& value) = 0;

    void text(Key key, std::string_view value) { add({key}, value); }
    void texts(Key key, std::span<const std::string> values) { add({key}, values); }
    void json(Key key, std::string_view value, bool as_text = false) { add({key}, JsonText{value, as_text}); }
    void integer(Key key, std::int64_t value) { add({key}, value); }
    void number(Key key, double value) { add({key}, value); }
    void boolean(Key key, bool value) { add({key}, value); }
    void seconds(Key key, Duration value) { add({key}, Seconds(value).count()); }

    /// The attribute `prefix` + `name`.
    void text(Key prefix, std::string_view name, std::string_view value) { add({prefix, name}, value); }
    void number(Key prefix, std::string_view name, double value) { add({prefix, name}, value); }

protected:
    ~AttributeSink() = default;
};

}  // namespace tokenweir::tracing
