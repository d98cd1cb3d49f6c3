/// Lists of header names: what is read, what is refused and in which words.
#include "proxy/config_headers.hpp"

#include <doctest/doctest.h>

#include <string>

#include "config_support.hpp"
#include "observation/config_error.hpp"

using namespace tokenweir::proxy;
using tokenweir::test::complaints;
using tokenweir::test::load;

namespace {

/// print(parse(text)), or what is wrong with it.
template <class Kind>
std::string read(std::string_view text) {
    tokenweir::parsers::ContextHeaders headers;
    try {
        Kind::parse(text, headers);
    } catch (const tokenweir::BadValue& bad) {
        return bad.what();
    }
    return Kind::print(headers);
}

std::string names(std::size_t count) {
    std::string text = "x-0";
    for (std::size_t i = 1; i < count; ++i) text += ",x-" + std::to_string(i);
    return text;
}

const std::string no_name = "expected names of headers, of letters, digits and '-', with commas between them";
const std::string no_pattern = no_name + "; a '*' may be the last character after others";

}  // namespace

TEST_SUITE_BEGIN("config_headers");

TEST_CASE("names stand with commas between them, or off for none") {
    CHECK(read<UserHeaders>("X-User") == "X-User");
    CHECK(read<UserHeaders>(" a , b,c ") == "a, b, c");
    CHECK(read<UserHeaders>("off") == "off");
    CHECK(read<UserHeaders>("OFF") == "off");
    CHECK(read<UserHeaders>("") == "off");
    CHECK(read<ConversationHeaders>("a_b, x-0!#") == "a_b, x-0!#");
    CHECK(read<TagHeaders>("x-a-*, x-b") == "x-a-*, x-b");
}

TEST_CASE("what is no name of a header is refused") {
    for (const char* text : {",", "a,", ",a", "a b", "a:", "a\"", "\xC3\xBC", "a*", "x-*"}) {
        CAPTURE(text);
        CHECK(read<UserHeaders>(text) == no_name);
        CHECK(read<ConversationHeaders>(text) == no_name);
    }
    for (const char* text : {"*", "a**", "*a", "a*b", "a, *"}) {
        CAPTURE(text);
        CHECK(read<TagHeaders>(text) == no_pattern);
    }
    CHECK(read<UserHeaders>(std::string(128, 'a')) == std::string(128, 'a'));
    CHECK(read<UserHeaders>(std::string(129, 'a')) == no_name);
}

TEST_CASE("a name stands once, and not too many of them do") {
    CHECK(read<UserHeaders>("a-b, c, A_B") == "'A_B' stands twice");
    CHECK(read<UserHeaders>(names(33)) == "expected at most 32 names");
    CHECK(read<UserHeaders>(names(32)) != "expected at most 32 names");
}

TEST_CASE("no header that holds a credential is recorded") {
    const std::string why = " holds a credential, and none is ever recorded: expected other headers";
    CHECK(read<TagHeaders>("x-team, Authorization") == "authorization" + why);
    CHECK(read<UserHeaders>("X-API-Key") == "x-api-key" + why);
    CHECK(read<ConversationHeaders>("cookie") == "cookie" + why);
    CHECK(read<TagHeaders>("x-*") == "x-api-key" + why);
    CHECK(read<TagHeaders>("x-portkey-*") == "x-portkey-api-key" + why);
    CHECK(read<TagHeaders>("helicone-*") == "helicone-auth" + why);
    CHECK(read<TagHeaders>("x-portkey-m*") == "x-portkey-m*");
}

TEST_CASE("in YAML a list of names may be a list") {
    CHECK(load({"context:\n  tag_headers:\n    - x-team\n    - my-*\n"}) ==
          load({"context: {tag_headers: 'x-team, my-*'}"}));
    CHECK(load({"context: {user_headers: []}"}) == load({"context: {user_headers: off}"}));
    CHECK(load({.environment = {{"TOKENWEIR_CONTEXT_USER_HEADERS", "a, b"}}}) ==
          load({"context: {user_headers: [a, b]}"}));
    CHECK(load({"context: {user_headers: ['${WHO}']}", {{"WHO", "a"}}}) == load({"context: {user_headers: a}"}));
    CHECK(complaints({"context: {user_headers: [a, {b: c}]}"}) ==
          "tokenweir.yaml:1:25: context.user_headers: expected header names, or off, got a list\n");
    CHECK(complaints({"context: {user_headers: {a: b}}"}) ==
          "tokenweir.yaml:1:25: context.user_headers: expected header names, or off, got a mapping\n");
    CHECK(complaints({"context: {user_headers: [a, authorization]}"}) ==
          "tokenweir.yaml:1:25: context.user_headers: authorization holds a credential, and none is ever recorded: "
          "expected other headers, got 'a, authorization'\n");
}

TEST_SUITE_END();
