#include "parsers/request_fields.hpp"

#include <bit>

namespace tokenweir::parsers {

namespace {

/// By KnownField.
constexpr std::array<std::string_view, 11> names{
    "user-agent",    "upgrade",        "content-encoding",       "authorization",     "x-api-key",
    "api-key",       "x-goog-api-key", "sec-websocket-protocol", "anthropic-version", "openai-organization",
    "openai-project"};

constexpr std::size_t initial_of(std::string_view name) noexcept {
    return static_cast<unsigned char>(name.front()) % 32;  // in either case the same
}

/// Most fields are none of these by their length and their first letter.
struct Index {
    std::array<std::uint32_t, 24> of_length{};  // bit i: names[i]
    std::array<std::uint32_t, 32> beginning_with{};

    constexpr Index() noexcept {
        for (std::size_t i = 0; i < names.size(); ++i) {
            of_length[names[i].size()] |= std::uint32_t{1} << i;
            beginning_with[initial_of(names[i])] |= std::uint32_t{1} << i;
        }
    }
};

constexpr Index index;

}  // namespace

RequestFields::RequestFields(Fields fields) noexcept {
    for (const Field& field : fields) {
        const std::string_view name = field.name;
        if (name.empty() || name.size() >= index.of_length.size()) continue;
        std::uint32_t left = index.of_length[name.size()] & index.beginning_with[initial_of(name)];
        for (; left != 0; left &= left - 1) {
            const auto i = static_cast<std::size_t>(std::countr_zero(left));
            if (found_[i] == nullptr && iequals(name, names[i])) found_[i] = &field;
        }
    }
}

}  // namespace tokenweir::parsers
