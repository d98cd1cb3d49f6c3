#include "tracing/signed_fields.hpp"

#include <algorithm>

namespace tokenweir::tracing {
namespace {

/// What stands behind `key`, up to the first of `ends`.
std::string_view behind(std::string_view text, std::string_view key, std::string_view ends) noexcept {
    const std::size_t at = text.find(key);
    if (at == std::string_view::npos) return {};
    const std::string_view rest = text.substr(at + key.size());
    return rest.substr(0, std::min(rest.find_first_of(ends), rest.size()));
}

}  // namespace

SignedFields::SignedFields(Fields fields, std::string_view target) noexcept {
    const std::string_view authorization = field_value(fields, "authorization");
    if (authorization.starts_with("AWS4-")) names_ = behind(authorization, "SignedHeaders=", ", ");
    if (names_.empty()) names_ = behind(target, "X-Amz-SignedHeaders=", "&#");
}

bool SignedFields::has(std::string_view name) const noexcept {
    std::string_view rest = names_;
    while (!rest.empty()) {
        const std::size_t end = std::min(rest.find_first_of(";%"), rest.size());
        if (iequals(rest.substr(0, end), name)) return true;
        const bool escaped = end < rest.size() && rest[end] == '%';  // %3B; field names need no escapes
        rest.remove_prefix(std::min(end + (escaped ? 3 : 1), rest.size()));
    }
    return false;
}

}  // namespace tokenweir::tracing
