/// References in values, quoting, and the nearest known word.
#include "proxy/config_text.hpp"

#include <doctest/doctest.h>
#include <yaml-cpp/yaml.h>

#include <array>

#include "config_support.hpp"
#include "proxy/config_error.hpp"

using namespace tokenweir::proxy;
using tokenweir::test::TemporaryDirectory;

namespace {

const Environment environment{{"HOST", "h"}, {"EMPTY", ""}, {"LOOKS", "${HOST}"}};

std::string expanded(std::string_view text) {
    try {
        return expand(text, environment);
    } catch (const BadValue& bad) {
        return bad.what();
    }
}

}  // namespace

TEST_SUITE_BEGIN("config_text");

TEST_CASE("references are replaced once and dollars are escaped by doubling") {
    struct {
        std::string_view text;
        std::string_view expected;
    } const rows[] = {
        {"plain", "plain"},
        {"", ""},
        {"http://${HOST}:80/${HOST}", "http://h:80/h"},
        {"${EMPTY}", ""},
        {"${HOST:-x}", "h"},
        {"${EMPTY:-x}", "x"},
        {"${NONE:-x}", "x"},
        {"${NONE:-}", ""},
        {"${NONE:-${HOST}-${EMPTY:-y}}", "h-y"},
        {"${HOST:-${NONE}}", "h"},  // a default that is not needed is not looked at
        {"${LOOKS}", "${HOST}"},    // what is put in is not looked at again
        {"$${HOST}", "${HOST}"},
        {"$$$${HOST}", "$${HOST}"},
        {"a$b$", "a$b$"},
        {"$HOST", "$HOST"},
        {"${NONE}", "the environment has no 'NONE' (${NONE:-default} gives a default)"},
        {"${}", "the environment has no '' (${:-default} gives a default)"},
        {"${HOST", "'${' has no closing '}' (write $$ for a dollar sign)"},
        {"${A:-${B}", "'${' has no closing '}' (write $$ for a dollar sign)"},
        {"${file:}", "${file:} names no file"},
        {"${file:/does/not/exist}", "cannot read '/does/not/exist': No such file or directory"},
        {"${file:/}", "cannot read '/': Is a directory"},
    };
    for (const auto& row : rows) {
        CAPTURE(row.text);
        CHECK(expanded(row.text) == row.expected);
    }
}

TEST_CASE("a file is put in without its last line end and up to its limit") {
    const TemporaryDirectory directory;
    const auto from = [&](std::string_view content) {
        return expanded("${file:" + directory.file("f", content) + "}");
    };
    CHECK(from("secret") == "secret");
    CHECK(from("secret\n") == "secret");
    CHECK(from("secret\r\n") == "secret");
    CHECK(from("two\nlines\n\n") == "two\nlines\n");
    CHECK(from("") == "");
    CHECK(from("${HOST}") == "${HOST}");
    const std::string full(64 * 1024, 'x');
    CHECK(from(full) == full);
    CHECK(from(full + "x") == "cannot read '" + directory.path() + "/f': it is larger than 65536 bytes");
}

TEST_CASE("messages show one short line and no credentials of a URL") {
    CHECK(in_quotes("x") == "'x'");
    CHECK(in_quotes("a\nb\x1b[31m\x7f") == "'a?b?[31m?'");
    CHECK(in_quotes(std::string(80, 'x')) == "'" + std::string(80, 'x') + "'");
    CHECK(in_quotes(std::string(81, 'x')) == "'" + std::string(80, 'x') + "...'");
    CHECK(in_quotes("https://user:pass@host/path?key=secret") == "'https://***@host/path?***'");
    CHECK(in_quotes("https://host/a@b#secret") == "'https://host/a@b#***'");
    CHECK(in_quotes("https://p@ss@host") == "'https://***@host'");
}

TEST_CASE("a YAML scalar is read back as it was") {
    const std::string_view rows[] = {"plain",   "127.0.0.1:80", "[::1]:80", "-",       "",      "null", "~",
                                     "a: b",    "a #b",         "$x",       "${HOST}", "\"q\"", "\\",   "a\nb\t",
                                     "https:/", "trail:",       " lead",    "'",       "&a",    "*a",   "!t",
                                     "%x",      "@x",           "`x",       "- x",     "{a}",   "?"};
    for (const std::string_view text : rows) {
        CAPTURE(text);
        const YAML::Node node = YAML::Load("key: " + yaml_scalar(text))["key"];
        REQUIRE(node.IsScalar());
        CHECK(expanded(node.Scalar()) == text);
    }
}

TEST_CASE("the nearest word is suggested when it is near enough") {
    constexpr std::array<std::string_view, 5> words{"upstream", "name", "prefix", "provider", "idle"};
    struct {
        std::string_view word;
        std::string_view meant;
    } const rows[] = {{"upstrem", "upstream"},
                      {"upstraem", "upstream"},
                      {"uptsraem", "upstream"},
                      {"nmae", "name"},
                      {"idel", "idle"},
                      {"prefixes", "prefix"},
                      {"usage", ""},
                      {"", ""},
                      {"x", ""},
                      {"nothing", ""}};
    for (const auto& row : rows) {
        CAPTURE(row.word);
        CHECK(nearest(row.word, words).value_or("") == row.meant);
    }
    CHECK(!nearest(std::string(100'000, 'x'), words));
}

TEST_SUITE_END();
