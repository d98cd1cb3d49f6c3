/// The kinds of values that are lists of header names: which headers say who called.
///
/// As text: names with commas between them, or off for none. parse() throws BadValue.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "parsers/context_headers.hpp"

namespace tokenweir::proxy {

/// Distinct names of headers, none of which is known to hold a credential. `may_end_in_star`: a name that ends in '*'
/// stands for all that begin so.
std::vector<std::string> parse_header_names(std::string_view text, bool may_end_in_star);
std::string print_header_names(const std::vector<std::string>& names);

struct ConversationHeaders {
    static constexpr bool is_list = true;
    static std::string expects() { return "header names, or off"; }
    static void parse(std::string_view text, parsers::ContextHeaders& out) {
        out.set_conversation(parse_header_names(text, false));
    }
    static std::string print(const parsers::ContextHeaders& value) { return print_header_names(value.conversation()); }
};

struct UserHeaders {
    static constexpr bool is_list = true;
    static std::string expects() { return "header names, or off"; }
    static void parse(std::string_view text, parsers::ContextHeaders& out) {
        out.set_user(parse_header_names(text, false));
    }
    static std::string print(const parsers::ContextHeaders& value) { return print_header_names(value.user()); }
};

struct TagHeaders {
    static constexpr bool is_list = true;
    static std::string expects() { return "header names, also such as x-tag-*, or off"; }
    static void parse(std::string_view text, parsers::ContextHeaders& out) {
        out.set_tags(parse_header_names(text, true));
    }
    static std::string print(const parsers::ContextHeaders& value) { return print_header_names(value.tags()); }
};

}  // namespace tokenweir::proxy
