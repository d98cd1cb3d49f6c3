/// One HTTP field as it stood on the wire (RFC 9110 §5), and the look-ups that everyone needs.
#pragma once

#include <span>
#include <string_view>

namespace tokenweir {

/// Views into the head that they were parsed from; valid as long as it is.
struct Field {
    std::string_view name;   ///< as received, case preserved
    std::string_view value;  ///< without the optional white space around it
};

using Fields = std::span<const Field>;

constexpr char ascii_lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

/// Case-insensitive comparison of ASCII text (field names, RFC 9110 §5.1).
constexpr bool iequals(std::string_view a, std::string_view b) noexcept {
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i)
        if (a[i] != b[i] && ascii_lower(a[i]) != ascii_lower(b[i])) return false;
    return true;
}

/// The first field of that name, or nullptr.
constexpr const Field* find_field(Fields fields, std::string_view name) noexcept {
    for (const Field& field : fields)
        if (iequals(field.name, name)) return &field;
    return nullptr;
}

/// The first value of that name, or an empty view.
constexpr std::string_view field_value(Fields fields, std::string_view name) noexcept {
    const Field* field = find_field(fields, name);
    return field ? field->value : std::string_view{};
}

}  // namespace tokenweir
