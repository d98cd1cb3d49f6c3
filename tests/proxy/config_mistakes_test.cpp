/// What is said about mistakes in a configuration: where, what, and what was expected.
#include <doctest/doctest.h>

#include "config_support.hpp"
#include "proxy/config_load.hpp"

using namespace tokenweir::proxy;
using tokenweir::test::complaints;
using tokenweir::test::Given;

namespace {

const std::string token(32, 't');

}  // namespace

TEST_SUITE_BEGIN("config_load");

TEST_CASE("mistakes in the file are told with line and column and what was expected") {
    struct {
        std::string_view yaml;
        std::string_view expected;
    } const rows[] = {
        {"lissten: x", "tokenweir.yaml:1:1: unknown key 'lissten'; did you mean 'listen'?\n"},
        {"zzz: x", "tokenweir.yaml:1:1: unknown key 'zzz'\n"},
        {"timeouts:\n  idel: 5s", "tokenweir.yaml:2:3: unknown key 'idel' in timeouts; did you mean 'idle'?\n"},
        {"timeouts.idle: 5s", "tokenweir.yaml:1:1: expected nested mappings in place of the dots of 'timeouts.idle'\n"},
        {"first_byte: 5s", "tokenweir.yaml:1:1: unknown key 'first_byte'; did you mean 'timeouts.first_byte'?\n"},
        {"routes:\n  - prefix: /a\n    upstrem: http://a",
         "tokenweir.yaml:3:5: unknown key 'upstrem' in routes[0]; did you mean 'upstream'?\n"},
        {"routes:\n  - {prefix: /a, upstream: 'http://a', usage: inject}",
         "tokenweir.yaml:2:40: unknown key 'usage' in routes[0]\n"},
        {"routes:\n  - {prefix: /a}",
         "tokenweir.yaml:2:5: routes[0]: key 'upstream' is missing: expected http(s)://host[:port][/base/path]\n"},
        {"routes:\n  - {upstream: 'http://a'}",
         "tokenweir.yaml:2:5: routes[0]: key 'prefix' is missing: expected / or a path such as /openai\n"},
        {"routes: [x]", "tokenweir.yaml:1:10: routes[0]: expected a mapping with prefix and upstream\n"},
        {"routes: []", "tokenweir.yaml:1:9: routes: expected at least one item\n"},
        {"routes: x", "tokenweir.yaml:1:9: routes: expected a list of routes, got a value\n"},
        {"routes: {prefix: /a}", "tokenweir.yaml:1:9: routes: expected a list of routes, got a mapping\n"},
        {"redactions: [x]", "tokenweir.yaml:1:14: redactions[0]: expected a mapping with name and pattern\n"},
        {"redactions: [{name: a, pattern: 'a('}]",
         "tokenweir.yaml:1:33: redactions[0].pattern: expected a regular expression in RE2's syntax (missing ): a(), "
         "got "
         "'a('\n"},
        {"redactions: [{name: a, pattern: 'a*'}]",
         "tokenweir.yaml:1:33: redactions[0].pattern: expected a regular expression in RE2's syntax (it matches the "
         "empty "
         "text), got 'a*'\n"},
        {"redactions: [{pattern: a}]",
         "tokenweir.yaml:1:14: redactions[0]: key 'name' is missing: expected 1 to 64 visible ASCII characters\n"},
        {"content: {redact: [email, cards]}",
         "tokenweir.yaml:1:19: content.redact: expected none, or a list of email, card, phone and key, got 'email, "
         "cards'\n"},
        {"content: {capture: all}",
         "tokenweir.yaml:1:20: content.capture: expected off, metadata or full, got 'all'\n"},
        {"routes: [{prefix: /, upstream: 'http://a', content: on}]",
         "tokenweir.yaml:1:53: routes[0].content: expected off, metadata or full, got 'on'\n"},
        {"threads: many", "tokenweir.yaml:1:10: threads: expected a whole number from 0 to 1024, got 'many'\n"},
        {"threads: 1025", "tokenweir.yaml:1:10: threads: expected a whole number from 0 to 1024, got '1025'\n"},
        {"threads:", "tokenweir.yaml:1:1: threads: expected a whole number from 0 to 1024, got nothing\n"},
        {"threads: [1]", "tokenweir.yaml:1:10: threads: expected a whole number from 0 to 1024, got a list\n"},
        {"threads: {a: 1}", "tokenweir.yaml:1:10: threads: expected a whole number from 0 to 1024, got a mapping\n"},
        {"threads: ${N}",
         "tokenweir.yaml:1:10: threads: the environment has no 'N' (${N:-default} gives a default), got '${N}'\n"},
        {"threads: 1\nthreads: 1", "tokenweir.yaml:2:1: key 'threads' stands twice\n"},
        {"timeouts: {idle: 1s, idle: 1s}", "tokenweir.yaml:1:22: key 'idle' stands twice in timeouts\n"},
        {"timeouts: 5s", "tokenweir.yaml:1:11: timeouts: expected a mapping with keys such as 'connect'\n"},
        {"listen: []", "tokenweir.yaml:1:9: listen: expected at least one item\n"},
        {"listen: [7080]",
         "tokenweir.yaml:1:10: listen[0]: expected ip:port such as 127.0.0.1:7080 or [::1]:7080, got '7080'\n"},
        {"listen: [[x]]", "tokenweir.yaml:1:10: listen[0]: expected ip:port, or a mapping with address and tls\n"},
        {"listen: {tls: {}}",
         "tokenweir.yaml:1:9: listen[0]: key 'address' is missing: expected ip:port\n"
         "tokenweir.yaml:1:15: listen[0].tls: expected both certificate and key\n"},
        {"listen: {address: '127.0.0.1:1', tls: {cert: x}}",
         "tokenweir.yaml:1:40: unknown key 'cert' in listen[0].tls\n"
         "tokenweir.yaml:1:39: listen[0].tls: expected both certificate and key\n"},
        {"upstream: api.openai.com",
         "tokenweir.yaml:1:11: upstream: expected a URL that starts with https:// or http://, got 'api.openai.com'\n"},
        {"- x", "tokenweir.yaml:1:1: expected a mapping, such as 'listen: 127.0.0.1:7080'\n"},
        {"? [a]\n: b", "tokenweir.yaml:1:3: expected a word as the key\n"},
        {"threads: 1\n---\nthreads: 2", "tokenweir.yaml:2:1: expected one YAML document and nothing behind it\n"},
        {",threads: 1", "tokenweir.yaml:1:1: expected one YAML document and nothing behind it\n"},
        {"a: b: c",
         "tokenweir.yaml:1:5: not valid YAML (a value with ':', '[' or '{' may need quotes): illegal map value\n"},
    };
    for (const auto& row : rows) {
        CAPTURE(row.yaml);
        CHECK(complaints({row.yaml}) == row.expected);
    }
}

TEST_CASE("mistakes in the environment and in flags are told with their names") {
    CHECK(complaints({.environment = {{"TOKENWEIR_THREADS", "x"}}}) ==
          "TOKENWEIR_THREADS: expected a whole number from 0 to 1024, got 'x'\n");
    CHECK(complaints({.environment = {{"TOKENWEIR_THREDS", "1"}}}) ==
          "TOKENWEIR_THREDS: unknown variable; did you mean 'TOKENWEIR_THREADS'?\n");
    CHECK(complaints({.environment = {{"TOKENWEIR_ROUTES", "[{prefix: /a}]"}}}) ==
          "TOKENWEIR_ROUTES:1:2: routes[0]: key 'upstream' is missing: expected http(s)://host[:port][/base/path]\n");
    CHECK(complaints({.environment = {{"TOKENWEIR_ROUTES", "x"}}}) ==
          "TOKENWEIR_ROUTES: expected a YAML list such as [{prefix: /x, upstream: https://x.example}]\n");
    CHECK(complaints({.flags = {{"--threads", "threads", "x"}}}) ==
          "--threads: expected a whole number from 0 to 1024, got 'x'\n");
    CHECK(complaints({.flags = {{"--threads", "threads", "1"}, {"--threads", "threads", "1"}}}) ==
          "--threads: given twice\n");
    CHECK(complaints({.flags = {{"--set timeouts.idel", "timeouts.idel", "1"}}}) ==
          "--set timeouts.idel: unknown key; did you mean 'timeouts.idle'?\n");
}

TEST_CASE("all that is wrong is told at once and no more than twenty lines of it") {
    CHECK(complaints({"threads: x\nmock: x\n", {{"TOKENWEIR_OBSERVE", "x"}}, {{"--listen", "listen", "x"}}}) ==
          "tokenweir.yaml:1:10: threads: expected a whole number from 0 to 1024, got 'x'\n"
          "tokenweir.yaml:2:7: mock: expected on or off, got 'x'\n"
          "TOKENWEIR_OBSERVE: expected on or off, got 'x'\n"
          "--listen: expected ip:port such as 127.0.0.1:7080 or [::1]:7080, got 'x'\n");
    const auto with_mistakes = [](int count) {
        std::string yaml;
        for (int i = 0; i < count; ++i) yaml += "unheard_of_" + std::to_string(i) + ": x\n";
        const std::string text = complaints({yaml});
        return std::pair(std::count(text.begin(), text.end(), '\n'),
                         text.substr(text.rfind('\n', text.size() - 2) + 1));
    };
    CHECK(with_mistakes(20) ==
          std::pair(std::ptrdiff_t{20}, std::string("tokenweir.yaml:20:1: unknown key 'unheard_of_19'\n")));
    CHECK(with_mistakes(22) == std::pair(std::ptrdiff_t{21}, std::string("and 2 more\n")));
}

TEST_CASE("no message repeats a token, a reference's value or a URL's credentials") {
    const std::string_view secret = "s3cr3t";
    const Given rows[] = {
        {.yaml = "admin: {token: s3cr3t}"},
        {.environment = {{"TOKENWEIR_ADMIN_TOKEN", "s3cr3t"}}},
        {.flags = {{"--set admin.token", "admin.token", "s3cr3t"}}},
        {.yaml = "threads: ${KEY}", .environment = {{"KEY", "s3cr3t"}}},
        {.yaml = "upstream: ${KEY}", .environment = {{"KEY", "https://u:s3cr3t@h"}}},
        {.yaml = "upstream: https://u:s3cr3t@h"},
        {.yaml = "upstream: https://h/?key=s3cr3t"},
        {.yaml = "routes: [{prefix: /a, upstream: 'https://s3cr3t@h'}]"},
    };
    for (const Given& row : rows) {
        const std::string text = complaints(row);
        CAPTURE(text);
        CHECK(!text.empty());
        CHECK(text.find(secret) == std::string::npos);
    }
}

TEST_SUITE_END();
