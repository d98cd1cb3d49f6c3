/// A provider's own words for what went wrong, out of any of the shapes that errors come in.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tokenweir::parsers {

struct ProviderError {
    std::string type;  ///< empty: not given
    std::string code;

    bool operator==(const ProviderError&) const = default;
};

/// Reads an error's body or event. Nothing if it is no JSON; empty words if it says neither type nor code. Opens a
/// JsonDocument: requires that none is open on this thread.
std::optional<ProviderError> read_error(std::string_view json);

/// True for what call records call a rate limit: by the words of an error under a 2xx.
bool is_rate_limit(const ProviderError& error) noexcept;

/// The low-cardinality error.type for an error that no status tells: its type or code if that is a known one, `_OTHER`
/// else. Points to static text, or into `error` for a three-digit status.
std::string_view error_type_of(const ProviderError& error) noexcept;

}  // namespace tokenweir::parsers
