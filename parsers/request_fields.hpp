/// The request fields that more than one question is about, found in one pass over the head.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "observation/field.hpp"

namespace tokenweir::parsers {

enum class KnownField : std::uint8_t {
    user_agent,
    upgrade,
    content_encoding,
    authorization,
    x_api_key,
    api_key,
    x_goog_api_key,
    sec_websocket_protocol,
    anthropic_version,
    openai_organization,
    openai_project,
};

class RequestFields {
public:
    /// Valid as long as `fields` is. Of two fields of one name the first counts.
    explicit RequestFields(Fields fields) noexcept;

    bool has(KnownField name) const noexcept { return found_[static_cast<std::size_t>(name)] != nullptr; }

    /// Empty: it is not there, or says nothing.
    std::string_view operator[](KnownField name) const noexcept {
        const Field* field = found_[static_cast<std::size_t>(name)];
        return field ? field->value : std::string_view{};
    }

private:
    std::array<const Field*, 11> found_{};  // by KnownField
};

}  // namespace tokenweir::parsers
