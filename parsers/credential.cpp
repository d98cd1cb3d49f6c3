#include "parsers/credential.hpp"

#include <algorithm>
#include <array>

namespace tokenweir::parsers {

namespace {

constexpr std::array bare{KnownField::x_api_key, KnownField::api_key, KnownField::x_goog_api_key};

/// What follows `mark`, up to any of `ends`.
std::string_view behind(std::string_view text, std::string_view mark, std::string_view ends) noexcept {
    const auto at = text.find(mark);
    if (at == std::string_view::npos) return {};
    text.remove_prefix(at + mark.size());
    return text.substr(0, text.find_first_of(ends));
}

/// Bearer x, Basic x, or x alone (RFC 9110 §11.6.2).
std::string_view authorization(std::string_view value) noexcept {
    if (value.starts_with("AWS4-")) return behind(value, "Credential=", "/,");
    value.remove_prefix(value.find(' ') + 1);  // npos: 0
    value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
    return value;
}

/// The parameter of that name.
std::string_view parameter(std::string_view target, std::string_view name) noexcept {
    const auto query = target.find('?');
    if (query == std::string_view::npos) return {};
    for (std::string_view rest = target.substr(query + 1); !rest.empty();) {
        const std::string_view pair = rest.substr(0, rest.find('&'));
        rest.remove_prefix(std::min(pair.size() + 1, rest.size()));
        if (pair.starts_with(name) && pair.substr(name.size(), 1) == "=") return pair.substr(name.size() + 1);
    }
    return {};
}

}  // namespace

std::string_view find_credential(const RequestFields& fields, std::string_view target) noexcept {
    std::string_view found = authorization(fields[KnownField::authorization]);
    for (std::size_t i = 0; found.empty() && i < bare.size(); ++i) found = fields[bare[i]];
    if (found.empty()) found = behind(fields[KnownField::sec_websocket_protocol], "openai-insecure-api-key.", ", ");
    return found.empty() ? parameter(target, "key") : found;
}

}  // namespace tokenweir::parsers
