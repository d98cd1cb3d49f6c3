#include "proxy/config_headers.hpp"

#include <algorithm>
#include <array>

#include "observation/config_error.hpp"
#include "observation/field.hpp"
#include "proxy/config_text.hpp"
#include "proxy/config_values.hpp"
#include "proxy/http_chars.hpp"

namespace tokenweir::proxy {
namespace {

constexpr std::size_t longest_name = 128;

constexpr std::array<std::string_view, 19> credentials{
    "authorization",
    "proxy-authorization",
    "cookie",
    "set-cookie",
    "x-api-key",
    "api-key",
    "x-goog-api-key",
    "x-amz-security-token",
    "sec-websocket-protocol",
    "sec-websocket-key",
    "helicone-auth",
    "x-portkey-api-key",
    "x-portkey-virtual-key",
    "x-litellm-api-key",
    "cf-aig-authorization",
    "cf-access-client-secret",
    "x-functions-key",
    "ocp-apim-subscription-key",
    "x-auth-token",
};

bool begins_with(std::string_view name, std::string_view prefix) noexcept {
    return iequals(name.substr(0, prefix.size()), prefix);
}

void check_credentials(std::string_view name, bool is_prefix) {
    const auto found = std::ranges::find_if(credentials, [&](std::string_view known) {
        return is_prefix ? begins_with(known, name) : iequals(known, name);
    });
    if (found != credentials.end())
        throw BadValue(std::string(*found) + " holds a credential, and none is ever recorded: expected other headers");
}

std::string header_name(std::string_view text, bool may_end_in_star) {
    std::string_view name = text;
    const bool is_prefix = may_end_in_star && name.ends_with('*');
    if (is_prefix) name.remove_suffix(1);
    const bool is_token = std::ranges::all_of(name, [](char c) { return chars::is(c, chars::token) && c != '*'; });
    if (name.empty() || name.size() > longest_name || !is_token)
        throw BadValue("expected names of headers, of letters, digits and '-', with commas between them" +
                       std::string(may_end_in_star ? "; a '*' may be the last character after others" : ""));
    check_credentials(name, is_prefix);
    return std::string(text);
}

}  // namespace

std::vector<std::string> parse_header_names(std::string_view text, bool may_end_in_star) {
    std::vector<std::string> names;
    if (text.empty() || iequals(text, "off")) return names;
    for (const std::string_view one : split_list(text)) {
        std::string name = header_name(one, may_end_in_star);
        if (std::ranges::any_of(names, [&](const std::string& other) { return parsers::same_header(other, name); }))
            throw BadValue(in_quotes(name) + " stands twice");
        names.push_back(std::move(name));
    }
    if (names.size() > parsers::ContextHeaders::max_names)
        throw BadValue("expected at most " + std::to_string(parsers::ContextHeaders::max_names) + " names");
    return names;
}

std::string print_header_names(const std::vector<std::string>& names) {
    if (names.empty()) return "off";
    std::string text;
    for (const std::string& name : names) text.append(text.empty() ? "" : ", ").append(name);
    return text;
}

}  // namespace tokenweir::proxy
