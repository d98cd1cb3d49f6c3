#include "parsers/error_body.hpp"

#include <algorithm>
#include <array>

#include "parsers/json_document.hpp"

namespace tokenweir::parsers {

namespace {

/// Words are kept for labels and logs, not as a way for a body to grow a record.
constexpr std::size_t max_word_bytes = 256;

void keep(std::string& word, const JsonValue& value) {
    std::string text = value.as_text();
    if (text.empty()) return;
    if (text.size() > max_word_bytes) text.resize(max_word_bytes);
    word = std::move(text);
}

/// {"type","code","status"}: the object that most providers put under `error`.
void read_inner(const JsonValue& object, ProviderError& error) {
    std::string status;
    for (auto member = object.members(); member.next();) {
        if (member.key() == "type")
            keep(error.type, member.value());
        else if (member.key() == "code")
            keep(error.code, member.value());
        else if (member.key() == "status" && member.value().is_string())
            keep(status, member.value());
    }
    if (error.type.empty()) error.type = std::move(status);
}

/// {"fault":{"detail":{"errorcode"}}}, as Apigee has it.
void read_fault(const JsonValue& fault, ProviderError& error) {
    for (auto member = fault.members(); member.next();)
        if (member.key() == "detail")
            for (auto detail = member.value().members(); detail.next();)
                if (detail.key() == "errorcode") keep(error.code, detail.value());
}

ProviderError read_members(JsonMembers member) {
    ProviderError inner, outer;
    std::string error_type;
    bool nested = false;
    for (; member.next();) {
        const JsonValue& value = member.value();
        if (member.key() == "error" && value.is_object()) {
            nested = true;
            read_inner(value, inner);
        } else if (member.key() == "type") {
            keep(outer.type, value);
        } else if (member.key() == "error_type") {
            keep(error_type, value);
        } else if (member.key() == "code") {
            keep(outer.code, value);
        } else if (member.key() == "fault") {
            read_fault(value, outer);
        }
    }
    if (nested) return inner;
    if (!error_type.empty()) outer.type = std::move(error_type);
    if (outer.type == "error") outer.type.clear();  // the name of the event, not of the error
    return outer;
}

constexpr std::array rate_limits{
    std::string_view("429"),
    std::string_view("rate_limit_error"),
    std::string_view("rate_limit_exceeded"),
    std::string_view("RESOURCE_EXHAUSTED"),
    std::string_view("throttlingException"),
    std::string_view("insufficient_quota"),
};

constexpr std::array known_types{
    std::string_view("invalid_request_error"),
    std::string_view("authentication_error"),
    std::string_view("billing_error"),
    std::string_view("permission_error"),
    std::string_view("not_found_error"),
    std::string_view("request_too_large"),
    std::string_view("rate_limit_error"),
    std::string_view("rate_limit_exceeded"),
    std::string_view("insufficient_quota"),
    std::string_view("api_error"),
    std::string_view("server_error"),
    std::string_view("timeout_error"),
    std::string_view("overloaded_error"),
    std::string_view("content_filter"),
    std::string_view("tool_use_failed"),
    std::string_view("context_length_exceeded"),
    std::string_view("BadRequestError"),
    std::string_view("InternalServerError"),
    std::string_view("INVALID_ARGUMENT"),
    std::string_view("PERMISSION_DENIED"),
    std::string_view("NOT_FOUND"),
    std::string_view("RESOURCE_EXHAUSTED"),
    std::string_view("UNAUTHENTICATED"),
    std::string_view("INTERNAL"),
    std::string_view("UNAVAILABLE"),
    std::string_view("DEADLINE_EXCEEDED"),
    std::string_view("throttlingException"),
    std::string_view("validationException"),
    std::string_view("internalServerException"),
    std::string_view("modelStreamErrorException"),
    std::string_view("modelTimeoutException"),
    std::string_view("serviceUnavailableException"),
};

template <class Words>
std::string_view find_in(const Words& words, std::string_view word) noexcept {
    const auto found = std::find(words.begin(), words.end(), word);
    return found == words.end() ? std::string_view{} : *found;
}

bool is_error_status(std::string_view word) noexcept {
    const auto digit = [](char c) { return c >= '0' && c <= '9'; };
    return word.size() == 3 && (word[0] == '4' || word[0] == '5') && digit(word[1]) && digit(word[2]);
}

}  // namespace

std::optional<ProviderError> read_error(std::string_view json) {
    JsonDocument document(json);
    ProviderError error = read_members(document.members());
    if (auto element = document.elements(); element.next()) error = read_members(element.value().members());
    if (document.damaged()) return std::nullopt;
    return error;
}

bool is_rate_limit(const ProviderError& error) noexcept {
    return !find_in(rate_limits, error.type).empty() || !find_in(rate_limits, error.code).empty();
}

std::string_view error_type_of(const ProviderError& error) noexcept {
    for (const std::string_view word : {std::string_view(error.type), std::string_view(error.code)}) {
        if (const auto known = find_in(known_types, word); !known.empty()) return known;
        if (is_error_status(word)) return word;
    }
    return "_OTHER";
}

}  // namespace tokenweir::parsers
