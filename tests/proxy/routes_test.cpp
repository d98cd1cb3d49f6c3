/// Which route a target takes and what the upstream is asked for.
#include "proxy/routes.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "proxy/config_address.hpp"

using namespace tokenweir::proxy;

namespace {

Route route(std::string prefix, std::string_view upstream) {
    return {.name = prefix, .prefix = prefix, .upstream = parse_upstream_url(upstream), .provider = ""};
}

/// "index target", or "none".
std::string forwarded(const std::vector<Route>& routes, std::string_view target) {
    const auto match = match_route(routes, target);
    if (!match) return "none";
    std::string out = std::to_string(match->index) + " ";
    append_upstream_target(routes[match->index].upstream, match->rest, out);
    return out;
}

struct Row {
    std::string_view target;
    std::string_view expected;
};

}  // namespace

TEST_SUITE_BEGIN("routes");

TEST_CASE("a prefix matches whole segments and is stripped") {
    const std::vector<Route> routes{route("/openai", "https://api.openai.com"),
                                    route("/openrouter", "https://openrouter.ai/api")};
    const Row rows[] = {
        {"/openai/v1/chat/completions", "0 /v1/chat/completions"},
        {"/openai", "0 /"},
        {"/openai/", "0 /"},
        {"/openai?x", "0 /?x"},
        {"/openai?/x", "0 /?/x"},
        {"/openai/v1?a=/openrouter/", "0 /v1?a=/openrouter/"},
        {"/openrouter", "1 /api"},
        {"/openrouter/", "1 /api/"},
        {"/openrouter?x=1", "1 /api?x=1"},
        {"/openrouter/v1/models", "1 /api/v1/models"},
        {"/openaix", "none"},
        {"/openai%2Fv1", "none"},
        {"/open", "none"},
        {"/OpenAI/v1", "none"},
        {"/%6Fpenai/v1", "none"},
        {"//openai/v1", "none"},
        {"/x/../openai/v1", "none"},
        {"/", "none"},
        {"", "none"},
        {"*", "none"},
        {"openai", "none"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.target);
        CHECK(forwarded(routes, row.target) == row.expected);
    }
}

TEST_CASE("what follows the prefix passes byte for byte") {
    const std::vector<Route> routes{route("/a", "https://h/base")};
    for (const std::string_view rest :
         {"//v1//x", "/../x", "/./x", "/%2e%2e/x", "/a%2Fb", "/a/a/a", "/?q=%00&&", "/;p=1"}) {
        CAPTURE(rest);
        CHECK(forwarded(routes, "/a" + std::string(rest)) == "0 /base" + std::string(rest));
    }
}

TEST_CASE("the longest prefix wins in whatever order") {
    std::vector<Route> routes{route("", "https://rest"), route("/a", "https://a"), route("/a/b", "https://ab")};
    const Row rows[] = {{"/a/b/c", "2 /c"}, {"/a/bc", "1 /bc"}, {"/a", "1 /"}, {"/b", "0 /b"},
                        {"/", "0 /"},       {"/a*", "0 /a*"},   {"*", "0 *"}};
    for (const Row& row : rows) CHECK(forwarded(routes, row.target) == row.expected);
    std::swap(routes[0], routes[2]);
    CHECK(forwarded(routes, "/a/b/c") == "0 /c");
    CHECK(forwarded(routes, "/b") == "2 /b");
}

TEST_CASE("the empty prefix takes every path and the whole server, and nothing else") {
    const std::vector<Route> routes{route("", "http://127.0.0.1:8000/base")};
    const Row rows[] = {{"/v1/models", "0 /base/v1/models"},
                        {"/", "0 /base/"},
                        {"", "0 /base"},
                        {"?x", "0 /base?x"},
                        {"*", "0 *"},
                        {"*x", "none"},
                        {"example.com:443", "none"}};
    for (const Row& row : rows) {
        CAPTURE(row.target);
        CHECK(forwarded(routes, row.target) == row.expected);
    }
    CHECK(!match_route({}, "/"));
}

TEST_CASE("a host is private when only the operator's own network can hold it") {
    for (const char* host : {"127.0.0.1", "127.255.0.9", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.9.9",
                             "::1", "fc00::1", "fdff::1", "::ffff:10.1.2.3", "localhost", "ollama", "ollama.",
                             "vllm.internal", "llm.prod.svc", "llm.prod.svc.cluster.local", "printer.local."}) {
        CAPTURE(host);
        CHECK(is_private_host(host));
    }
    for (const char* host : {"api.openai.com", "8.8.8.8", "172.15.0.1", "172.32.0.1", "192.169.0.1", "11.0.0.1",
                             "169.254.169.254", "::2", "fe00::1", "2606:4700::1", "::ffff:8.8.8.8",
                             "internal.example.com", "xinternal.com", "10.0.0.1.example.com"}) {
        CAPTURE(host);
        CHECK_FALSE(is_private_host(host));
    }
}

TEST_CASE("what upstreams learn of traces is said by the route, then by the configuration, then by where they are") {
    using tokenweir::ContextForwarding;
    Config config;
    Route inside = route("/a", "http://10.0.0.1"), outside = route("/b", "https://api.example.com");
    CHECK(forwarding_of(inside, config) == ContextForwarding::trace);
    CHECK(forwarding_of(outside, config) == ContextForwarding::none);
    config.trace_context = ContextForwarding::all;
    CHECK(forwarding_of(inside, config) == ContextForwarding::all);
    CHECK(forwarding_of(outside, config) == ContextForwarding::all);
    inside.trace_context = ContextForwarding::untouched;
    CHECK(forwarding_of(inside, config) == ContextForwarding::untouched);
}

TEST_SUITE_END();
