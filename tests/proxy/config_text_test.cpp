/// References in values, and YAML scalars.
#include "proxy/config_text.hpp"

#include <doctest/doctest.h>
#include <yaml-cpp/yaml.h>

#include "config_support.hpp"
#include "observation/config_error.hpp"

using namespace tokenweir::proxy;
using tokenweir::BadValue;
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

TEST_SUITE_END();
