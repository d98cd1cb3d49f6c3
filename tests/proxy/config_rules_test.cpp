/// The rules between values, and the files a configuration names.
#include "proxy/config_rules.hpp"

#include <doctest/doctest.h>

#include "config_support.hpp"

using namespace tokenweir::proxy;
using tokenweir::test::complaints;
using tokenweir::test::load;
using tokenweir::test::TemporaryDirectory;

TEST_SUITE_BEGIN("config_rules");

TEST_CASE("an admin port that others can reach needs a token") {
    const auto refusal = [](const std::string& where, const std::string& address) {
        return where + ": others can reach " + address +
               ": expected a loopback address, or an admin.token (a value or ${file:/path})\n";
    };
    CHECK(complaints({"admin: {listen: '0.0.0.0:7081'}"}) ==
          refusal("tokenweir.yaml:1:17: admin.listen", "0.0.0.0:7081"));
    CHECK(complaints({.environment = {{"TOKENWEIR_ADMIN_LISTEN", "[::]:0"}}}) ==
          refusal("TOKENWEIR_ADMIN_LISTEN", "[::]:0"));
    CHECK(complaints({"admin: {token: ''}", {}, {{"--admin-listen", "admin.listen", "10.0.0.1:1"}}}) ==
          refusal("--admin-listen", "10.0.0.1:1"));
    CHECK(complaints({"admin: {listen: '127.0.0.2:7081'}"}).empty());
    CHECK(complaints({"admin: {listen: '[::1]:7081'}"}).empty());
    CHECK(complaints({"admin: {listen: '0.0.0.0:7081', token: '" + std::string(32, 't') + "'}"}).empty());
    CHECK(complaints({"admin: {listen: '0.0.0.0:7081', token: '" + std::string(31, 't') + "'}"}) ==
          "tokenweir.yaml:1:40: admin.token: expected at least 32 visible ASCII characters\n");
}

TEST_CASE("no two listeners share an address") {
    CHECK(complaints({"listen: ['127.0.0.1:1', '127.0.0.1:2', '127.0.0.1:1']"}) ==
          "tokenweir.yaml:1:40: listen[2]: 127.0.0.1:1 is already the address of listen[0]\n");
    CHECK(complaints({"listen: ['[::1]:1', '[0:0::1]:1']"}) ==
          "tokenweir.yaml:1:21: listen[1]: [::1]:1 is already the address of listen[0]\n");
    CHECK(complaints({"listen: 127.0.0.1:7081"}) ==
          "tokenweir.yaml:1:9: listen: 127.0.0.1:7081 is already the address of admin.listen\n");
    CHECK(complaints({.flags = {{"--listen", "listen", "127.0.0.1:1"}, {"--listen", "listen", "127.0.0.1:1"}}}) ==
          "--listen: 127.0.0.1:1 is already the address of listen[0]\n");
    CHECK(complaints({"listen: ['127.0.0.1:0', '127.0.0.1:0']\nadmin: {listen: '127.0.0.1:0'}"}).empty());
}

TEST_CASE("upstream and routes exclude each other whatever their sources") {
    const std::string_view routes = "routes:\n  - {prefix: /a, upstream: 'http://a'}\n";
    CHECK(complaints({std::string(routes) + "upstream: http://b"}) ==
          "tokenweir.yaml:3:11: upstream: excludes routes (tokenweir.yaml:2:3: routes): expected one of the two\n");
    CHECK(complaints({routes, {}, {{"--upstream", "upstream", "http://b"}}}) ==
          "--upstream: excludes routes (tokenweir.yaml:2:3: routes): expected one of the two\n");
    CHECK(complaints({"upstream: http://b\nmock: on"}) ==
          "tokenweir.yaml:2:7: mock: excludes upstream, which everything is sent to: expected off\n");
}

TEST_CASE("only a file can be rotated") {
    CHECK(complaints({"call_log: {rotate_size: 1MiB}"}) ==
          "tokenweir.yaml:1:25: call_log.rotate_size: nothing to rotate: expected a file in call_log.path, which is "
          "'-'\n");
    CHECK(complaints({"call_log: {path: 'off', rotate_interval: 1h}"}) ==
          "tokenweir.yaml:1:42: call_log.rotate_interval: nothing to rotate: expected a file in call_log.path, which "
          "is 'off'\n");
    CHECK(complaints({"call_log: {path: x, rotate_size: 1MiB, rotate_interval: 1h}"}).empty());
    CHECK(complaints({"call_log: {rotate_size: 0, rotate_interval: off, rotate_keep: 3}"}).empty());
    CHECK(complaints({"call_log: {path: x, rotate_size: 1023, rotate_interval: never, rotate_keep: 0}"}) ==
          "tokenweir.yaml:1:34: call_log.rotate_size: expected a size from 1KiB to 1024GiB, such as 65536, 64KiB or "
          "1MB, got '1023'\n"
          "tokenweir.yaml:1:57: call_log.rotate_interval: expected a duration such as 250ms, 30s, 5m or 1h, got "
          "'never'\n"
          "tokenweir.yaml:1:77: call_log.rotate_keep: expected a whole number from 1 to 10000, got '0'\n");
}

TEST_CASE("feedback has a path of its own, if it is to have one") {
    CHECK(complaints({"feedback: {path: /v1/feedback}"}).empty());
    CHECK(complaints({"feedback: {path: /v1/feedback}\nupstream: http://a"}).empty());
    CHECK(complaints({"feedback: {path: off, enabled: off}"}).empty());
    CHECK(complaints({"feedback: {path: /f, enabled: off}"}) ==
          "tokenweir.yaml:1:18: feedback.path: expected off, because feedback.enabled is off\n");
    CHECK(complaints({"feedback: {path: /mock}"}) ==
          "tokenweir.yaml:1:18: feedback.path: '/mock' is taken by the mock endpoint: expected another one\n");
    CHECK(complaints({"feedback: {path: /openai}"}) ==
          "tokenweir.yaml:1:18: feedback.path: 'openai', which is routes[0], has this path or this name: expected "
          "another one\n");
    CHECK(complaints({"feedback: {path: '/', implicit: regenerat}"}) ==
          "tokenweir.yaml:1:18: feedback.path: expected a path of more than '/', got '/'\n"
          "tokenweir.yaml:1:33: feedback.implicit: expected none, or a list of regenerate and abort, got "
          "'regenerat'\n");
}

TEST_CASE("no two routes share a name or a prefix") {
    const std::string_view first = "routes:\n  - {name: a, prefix: /a, upstream: 'http://a'}\n";
    const auto second = [&](const std::string& item) { return complaints({std::string(first) + "  - " + item}); };
    CHECK(second("{name: a, prefix: /b, upstream: 'http://b'}") ==
          "tokenweir.yaml:3:12: routes[1].name: 'a' is already the name of routes[0]\n");
    CHECK(second("{name: b, prefix: /a, upstream: 'http://b'}") ==
          "tokenweir.yaml:3:23: routes[1].prefix: '/a' is already the prefix of routes[0]\n");
    CHECK(second("{prefix: /a, upstream: 'http://b'}") ==
          "tokenweir.yaml:3:5: routes[1]: 'a' is already the name of routes[0]\n"
          "tokenweir.yaml:3:14: routes[1].prefix: '/a' is already the prefix of routes[0]\n");
    CHECK(second("{prefix: /a/b, upstream: 'http://a'}").empty());
    CHECK(second("{prefix: x, upstream: 'http://a'}\n  - {prefix: y, upstream: 'http://a'}") ==
          "tokenweir.yaml:3:14: routes[1].prefix: expected a path that starts with '/', got 'x'\n"
          "tokenweir.yaml:4:14: routes[2].prefix: expected a path that starts with '/', got 'y'\n");
}

TEST_CASE("an upstream does not lead back to a listener") {
    CHECK(complaints({"listen: 127.0.0.1:80\nupstream: http://127.0.0.1/v1"}) ==
          "tokenweir.yaml:2:11: upstream: http://127.0.0.1/v1 leads back to listen[0] (127.0.0.1:80): expected another "
          "host or port\n");
    CHECK(
        complaints({.flags = {{"--upstream", "upstream", "http://127.0.0.1:7080"}}}) ==
        "--upstream: http://127.0.0.1:7080 leads back to listen[0] (127.0.0.1:7080): expected another host or port\n");
    CHECK(complaints({"listen: ['127.0.0.1:1', '[::]:2']\nroutes: [{prefix: /a, upstream: 'http://[::1]:2'}]"}) ==
          "tokenweir.yaml:2:33: routes[0].upstream: http://[::1]:2 leads back to listen[1] ([::]:2): expected another "
          "host or port\n");
    const auto is_refused = [](const std::string& listener, const std::string& host) {
        return !complaints({"listen: '" + listener + ":1'\nupstream: http://" + host + ":1"}).empty();
    };
    CHECK(is_refused("127.0.0.1", "localhost"));
    CHECK(is_refused("[::1]", "LocalHost"));
    CHECK(is_refused("0.0.0.0", "localhost"));
    CHECK(is_refused("0.0.0.0", "127.0.0.2"));
    CHECK(is_refused("127.0.0.1", "0.0.0.0"));
    CHECK(is_refused("[::1]", "[::]"));
    CHECK(is_refused("10.0.0.1", "10.0.0.1"));
    CHECK_FALSE(is_refused("127.0.0.1", "127.0.0.2"));
    CHECK_FALSE(is_refused("127.0.0.1", "[::1]"));
    CHECK_FALSE(is_refused("[::]", "127.0.0.1"));
    CHECK_FALSE(is_refused("0.0.0.0", "10.0.0.1"));
    CHECK_FALSE(is_refused("0.0.0.0", "127.example.com"));
    CHECK(complaints({"listen: '127.0.0.1:0'\nupstream: http://127.0.0.1:1"}).empty());
    CHECK(complaints({"listen: '127.0.0.1:1'\nupstream: http://127.0.0.1:2"}).empty());
}

TEST_CASE("the mock endpoint keeps its prefix and name while it is on") {
    const std::string taken = ": 'mock' is taken by the mock endpoint: choose another word, or set mock to off\n";
    const std::string route = "routes: [{prefix: /mock, upstream: 'http://a'}]\n";
    CHECK(complaints({route}).empty());
    CHECK(complaints({route + "mock: on"}) == "tokenweir.yaml:1:10: routes[0]" + taken);
    CHECK(complaints({"routes: [{name: mock, prefix: /a, upstream: 'http://a'}]\nmock: on"}) ==
          "tokenweir.yaml:1:10: routes[0]" + taken);
    CHECK(complaints({"routes: [{prefix: /mock/a, upstream: 'http://a'}]\nmock: on"}).empty());
}

TEST_CASE("a request line fits into its head") {
    CHECK(complaints({"limits: {header_bytes: 16KiB}"}).empty());
    CHECK(
        complaints({"limits: {header_bytes: 16383}"}) ==
        "tokenweir.yaml:1:24: limits.header_bytes: expected at least limits.request_line_bytes, which is part of it\n");
    CHECK(complaints({"limits: {header_bytes: 1024, request_line_bytes: 1024}"}).empty());
    CHECK(complaints({"limits: {header_bytes: 1024, request_line_bytes: 1025}"}) ==
          "tokenweir.yaml:1:50: limits.request_line_bytes: expected at most limits.header_bytes, which holds the "
          "request line too\n");
}

TEST_CASE("TLS files must be readable and the key private") {
    const TemporaryDirectory directory;
    const std::string certificate = directory.file("cert.pem", "c", 0644);
    const auto with = [&](const std::string& cert, const std::string& key) {
        return "listen: {address: '127.0.0.1:1', tls: {certificate: " + cert + ", key: " + key + "}}";
    };
    const std::string good_key = directory.file("key.pem", "k", 0600);
    CHECK(load({with(certificate, good_key)}).listen ==
          std::vector<Listener>{{{"127.0.0.1", 1}, ServerTls{certificate, good_key}}});

    const std::size_t key_column = with(certificate, "").find(", key: ") + 8;
    const std::string at_key = "tokenweir.yaml:1:" + std::to_string(key_column) + ": listen[0].tls.key: ";
    for (const mode_t mode : {mode_t{0640}, mode_t{0604}, mode_t{0644}}) {
        const std::string key = directory.file("open.pem", "k", mode);
        CHECK(complaints({with(certificate, key)}) ==
              at_key + "group or others may read the key '" + key + "': expected mode 0600 (chmod 600)\n");
    }
    CHECK(complaints({with(certificate, directory.file("strict.pem", "k", 0400))}).empty());

    const std::string none = directory.path() + "/none";
    CHECK(complaints({with(certificate, none)}) == at_key + "cannot read '" + none + "': No such file or directory\n");
    CHECK(complaints({with(certificate, directory.path())}) == at_key + "'" + directory.path() + "' is not a file\n");
    CHECK(complaints({with(none, good_key)}) ==
          "tokenweir.yaml:1:53: listen[0].tls.certificate: cannot read '" + none + "': No such file or directory\n");
    CHECK(complaints({"tls: {ca_file: " + none + "}"}) ==
          "tokenweir.yaml:1:16: tls.ca_file: cannot read '" + none + "': No such file or directory\n");
    CHECK(load({"tls: {ca_file: " + certificate + "}"}).tls_ca_file == certificate);
}

TEST_CASE("a header has one meaning") {
    CHECK(complaints({"context: {user_headers: [a, b], tag_headers: [c, A]}"}) ==
          "tokenweir.yaml:1:46: context.tag_headers: 'A' is in context.user_headers and in context.tag_headers: "
          "expected one meaning for a header\n");
    CHECK(complaints({"context: {conversation_headers: helicone_user_id}"}) ==
          "tokenweir.yaml:1:33: context.conversation_headers: 'helicone-user-id' is in context.conversation_headers "
          "and in context.user_headers: expected one meaning for a header\n");
    CHECK(complaints({"context: {user_headers: [a-b], tag_headers: ['a-*', a-c, x-session-id]}"}).empty());
}

TEST_SUITE_END();
