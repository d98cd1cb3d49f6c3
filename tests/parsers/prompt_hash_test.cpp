#include "parsers/prompt_hash.hpp"

#include <doctest/doctest.h>

#include <set>
#include <string>

#include "parsers/call_observer.hpp"

namespace tokenweir::parsers {
namespace {

std::uint64_t hash_of(std::string_view text) {
    PromptHash hash;
    hash.add(text);
    return hash.value();
}

std::uint64_t prompt_of(std::string_view body, bool wanted = true, std::size_t split = 0) {
    ObserverOptions options;
    options.hash_prompts = wanted;
    LlmCall call;
    CallObserver observer(options, call, {}, {}, {});
    observer.request_head({.method = "POST",
                           .target = "/v1/chat/completions",
                           .forwarded_target = "/v1/chat/completions",
                           .fields = {},
                           .client_address = {}},
                          {});
    observer.request_piece(body.substr(0, split));
    observer.request_piece(body.substr(split));
    return observer.finish(EndCause::complete, 200, {}).prompt_hash;
}

TEST_SUITE("prompt_hash") {
    TEST_CASE("depends on every byte and on the length, and not on how the bytes are split") {
        std::string text;
        std::set<std::uint64_t> seen{0};
        for (int i = 0; i < 100; ++i) {
            CHECK(seen.insert(hash_of(text + 'x')).second);
            CHECK(seen.insert(hash_of(text + '\0')).second);
            text += static_cast<char>('a' + i % 26);
            for (std::size_t cut = 0; cut <= text.size(); ++cut) {
                PromptHash hash;
                hash.add(std::string_view(text).substr(0, cut));
                hash.add(std::string_view(text).substr(cut));
                CHECK(hash.value() == hash_of(text));
            }
        }
        CHECK(PromptHash().value() == 0);
    }

    TEST_CASE("a call has one of its prompt, whatever the settings around it, if it is wanted") {
        const std::string prompt = R"("messages":[{"role":"user","content":"a \"question\" of some length"}])";
        const std::uint64_t hash = prompt_of("{" + prompt + "}");
        CHECK(hash != 0);
        const std::string other = R"({"model":"m","temperature":1, )" + prompt + R"( ,"seed":5})";
        for (std::size_t cut = 0; cut < other.size(); ++cut) CHECK(prompt_of(other, true, cut) == hash);
        CHECK(prompt_of(R"({"messages":[{"role":"user","content":"another"}]})") != hash);
        CHECK(prompt_of("{" + prompt + "}", false) == 0);
        CHECK(prompt_of(R"({"model":"m"})") == 0);
    }
}

}  // namespace
}  // namespace tokenweir::parsers
