/// The banner: whole, for the configurations that people start with.
#include "proxy/banner.hpp"

#include <doctest/doctest.h>

#include "config_support.hpp"

using namespace tokenweir::proxy;
using tokenweir::test::load;

TEST_SUITE_BEGIN("banner");

TEST_CASE("without configuration it gives the SDKs' variables and a command to try") {
    const std::string text =
        banner(default_config(), std::vector<ListenAddress>{{"127.0.0.1", 40001}}, {"127.0.0.1", 40002}, "1.2.3");
    CAPTURE(text);
    CHECK(
        text.starts_with("tokenweir 1.2.3\n\n"
                         "  proxy    http://127.0.0.1:40001\n"
                         "  metrics  http://127.0.0.1:40002/metrics\n"
                         "  calls    stdout, one JSON object per call\n"
                         "\n"
                         "Routes\n"
                         "  /openai        https://api.openai.com\n"));
    CHECK(text.ends_with(R"(
  /mock          a mock endpoint in this process: no key, no network

Point a client here
  export OPENAI_BASE_URL=http://127.0.0.1:40001/openai/v1
  export ANTHROPIC_BASE_URL=http://127.0.0.1:40001/anthropic
  export GOOGLE_GEMINI_BASE_URL=http://127.0.0.1:40001/gemini
  export GROQ_BASE_URL=http://127.0.0.1:40001/groq
  export CO_API_URL=http://127.0.0.1:40001/cohere
  export OLLAMA_HOST=http://127.0.0.1:40001/ollama

Try it now
  curl -N http://127.0.0.1:40001/mock/v1/chat/completions -H 'content-type: application/json' -d '{"model":"mock","stream":true,"messages":[{"role":"user","content":"hello"}]}'
)"));
}

TEST_CASE("with one upstream the base URL has no prefix") {
    const auto text = [](const char* url) {
        return banner(load({"call_log: {path: 'off'}\nobserve: off", {}, {{"--upstream", "upstream", url}}}),
                      std::vector<ListenAddress>{{"127.0.0.1", 7080}}, {"127.0.0.1", 7081}, "1");
    };
    CHECK(text("http://127.0.0.1:8000") == R"(tokenweir 1

  proxy    http://127.0.0.1:7080
  metrics  http://127.0.0.1:7081/metrics
  calls    not logged
  observe  off: bodies are forwarded and not looked into

Routes
  /    http://127.0.0.1:8000

Point a client here
  export OPENAI_BASE_URL=http://127.0.0.1:7080/v1
  export ANTHROPIC_BASE_URL=http://127.0.0.1:7080
)");
    CHECK(text("http://127.0.0.1:8000/v1")
              .ends_with("Point a client here\n  export OPENAI_BASE_URL=http://127.0.0.1:7080\n"));
}

TEST_CASE("with routes of one's own only theirs are named") {
    const Config config = load({R"(
listen: ['0.0.0.0:1', '[::]:2', '10.0.0.1:3']
call_log: {path: /var/log/calls.jsonl}
routes:
  - {prefix: /o, upstream: 'https://api.openai.com/v1', provider: openai}
  - {prefix: /, upstream: 'https://h'}
)"});
    CHECK(banner(config, std::vector<ListenAddress>{{"0.0.0.0", 1}, {"::", 2}, {"10.0.0.1", 3}}, {"::1", 4}, "1") ==
          R"(tokenweir 1

  proxy    http://127.0.0.1:1  (listens on 0.0.0.0:1)
  proxy    http://[::1]:2  (listens on [::]:2)
  proxy    http://10.0.0.1:3  (listens on 10.0.0.1:3)
  metrics  http://[::1]:4/metrics
  calls    /var/log/calls.jsonl, one JSON object per call

Routes
  /o    https://api.openai.com/v1
  /     https://h

Point a client here
  export OPENAI_BASE_URL=http://127.0.0.1:1/o
)");
}

TEST_CASE("a TLS listener has an https URL and the token is never shown") {
    Config config = default_config();
    config.admin_token = "0123456789abcdef0123456789abcdef";
    config.listen[0].tls = ServerTls{"c", "k"};
    const std::string text = banner(config, std::vector<ListenAddress>{{"127.0.0.1", 443}}, {"127.0.0.1", 1}, "1");
    CHECK(text.find("  proxy    https://127.0.0.1:443\n") != std::string::npos);
    CHECK(text.find("OPENAI_BASE_URL=https://127.0.0.1:443/openai/v1\n") != std::string::npos);
    CHECK(text.find("0123456789") == std::string::npos);
}

TEST_SUITE_END();
