#include "parsers/client_identity.hpp"

#include <array>
#include <charconv>

#include "parsers/json_document.hpp"

namespace tokenweir::parsers {

namespace {

constexpr std::size_t max_session_bytes = 256;

constexpr std::array<std::string_view, 8> session_fields{
    "x-claude-code-session-id", "session-id",          "session_id",           "x-session-id",
    "x-session-affinity",       "helicone-session-id", "x-litellm-session-id", "langfuse-session-id",
};

std::optional<std::int64_t> number_at(std::string_view text) noexcept {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || value < 0) return std::nullopt;
    return value;
}

}  // namespace

std::string_view session_of(Fields request_fields) noexcept {
    for (const std::string_view name : session_fields)
        if (const auto id = field_value(request_fields, name); !id.empty() && id.size() <= max_session_bytes) return id;
    return {};
}

std::string session_of_user_id(std::string_view user_id) {
    constexpr std::string_view mark = "_session_";
    std::string session;
    if (user_id.starts_with('{')) {
        JsonDocument document(user_id);
        for (auto member = document.members(); member.next();)
            if (member.key() == "session_id") member.value().assign_to(session);
    } else if (const auto at = user_id.rfind(mark); at != std::string_view::npos) {
        session = user_id.substr(at + mark.size());
    }
    return session.size() <= max_session_bytes ? session : std::string{};
}

std::optional<std::int64_t> retry_count(Fields request_fields) noexcept {
    if (const auto count = field_value(request_fields, "x-stainless-retry-count"); !count.empty())
        return number_at(count);
    constexpr std::string_view attempt = "attempt=";  // the AWS SDKs count from one: "attempt=2; max=3"
    const auto request = field_value(request_fields, "amz-sdk-request");
    const auto at = request.find(attempt);
    if (at == std::string_view::npos) return std::nullopt;
    const auto count = number_at(request.substr(at + attempt.size()));
    return count && *count > 0 ? std::optional(*count - 1) : std::nullopt;
}

}  // namespace tokenweir::parsers
