/// One HTTP field as it stood on the wire (RFC 9110 §5), and the look-ups that everyone needs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <type_traits>

namespace tokenweir {

/// Views into the head that they were parsed from; valid as long as it is.
struct Field {
    std::string_view name;   ///< as received, case preserved
    std::string_view value;  ///< without the optional white space around it
};

using Fields = std::span<const Field>;

constexpr char ascii_lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

/// The same for eight bytes at once.
constexpr std::uint64_t ascii_lower_all(std::uint64_t bytes) noexcept {
    constexpr std::uint64_t ones = 0x0101010101010101, high = 0x80 * ones;
    const std::uint64_t low_bits = bytes & ~high;
    const std::uint64_t from_a = low_bits + (0x80 - 'A') * ones, behind_z = low_bits + (0x7F - 'Z') * ones;
    return bytes | (from_a & ~behind_z & ~bytes & high) >> 2;
}

/// Case-insensitive comparison of ASCII text (field names, RFC 9110 §5.1).
constexpr bool iequals(std::string_view a, std::string_view b) noexcept {
    if (a.size() != b.size()) return false;
    if (a.size() < 8 || std::is_constant_evaluated()) {
        for (std::size_t i = 0; i < a.size(); ++i)
            if (a[i] != b[i] && ascii_lower(a[i]) != ascii_lower(b[i])) return false;
        return true;
    }
    const auto same = [&](std::size_t at) {
        std::uint64_t ours = 0, theirs = 0;
        std::memcpy(&ours, a.data() + at, sizeof ours);
        std::memcpy(&theirs, b.data() + at, sizeof theirs);
        return ours == theirs || ascii_lower_all(ours) == ascii_lower_all(theirs);
    };
    const std::size_t last = a.size() - 8;
    for (std::size_t at = 0; at < last; at += 8)
        if (!same(at)) return false;
    return same(last);
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
