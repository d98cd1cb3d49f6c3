// Conversations and users that a request's body names.
#include <doctest/doctest.h>

#include <string>

#include "parsers/client_identity.hpp"
#include "parsers/request_facts.hpp"

using namespace tokenweir;
using namespace tokenweir::parsers;

namespace {

struct Row {
    const char* name;
    std::string body;
    std::string conversation, user;
    std::uint32_t dropped = 0;
};

LlmCall read(std::string_view body, bool record_user = true, LlmCall call = {}) {
    RequestScanner scanner(request_members());
    scanner.feed(body);
    read_request(scanner, record_user, call);
    return call;
}

LlmCall record_of(const Row& row) {
    LlmCall call;
    call.conversation_id = row.conversation;
    call.enduser_id = row.user;
    call.context_dropped = row.dropped;
    return call;
}

}  // namespace

TEST_SUITE("request_ids") {
    TEST_CASE("takes the conversation and the user that a body names") {
        const Row rows[] = {
            {"OpenAI Responses", R"({"conversation":"conv_1"})", "conv_1", ""},
            {"OpenAI Responses, an object", R"({"conversation":{"id":"conv_1"}})", "conv_1", ""},
            {"OpenRouter", R"({"session_id":"s-1","user":"u-1"})", "s-1", "u-1"},
            {"a conversation id", R"({"conversation_id":"c-1"})", "c-1", ""},
            {"a thread id", R"({"thread_id":"thread_1"})", "thread_1", ""},
            {"LiteLLM", R"({"litellm_session_id":"s-1"})", "s-1", ""},
            {"LiteLLM's metadata", R"({"metadata":{"litellm_session_id":"s-1","tags":["a"]}})", "s-1", ""},
            {"metadata of an app", R"({"metadata":{"thread_id":"t-1","n":1}})", "t-1", ""},
            {"Qwen Code", R"({"metadata":{"sessionId":"s-1","promptId":"p"}})", "s-1", ""},
            {"Claude Code", R"({"metadata":{"user_id":"user_0a_account_0b_session_4f"}})", "4f", "0b"},
            {"Claude Code, JSON",
             R"({"metadata":{"user_id":"{\"device_id\":\"0a\",\"account_uuid\":\"\",\"session_id\":\"4f\"}"}})", "4f",
             "0a"},
            {"Anthropic", R"({"metadata":{"user_id":"u-1"}})", "", "u-1"},
            {"OpenAI", R"({"user":"u-1"})", "", "u-1"},
            {"OpenAI, hashed", R"({"safety_identifier":"h-1"})", "", "h-1"},
            {"escapes", R"({"user":"J\u00fcrgen","session_id":"a\/b"})", "a/b", "J\xC3\xBCrgen"},
            {"twice: the last one, as servers read it", R"({"user":"u-1","user":"u-2"})", "", "u-2"},
        };
        for (const Row& row : rows) {
            CAPTURE(row.name);
            const LlmCall got = read(row.body);
            CHECK(got.conversation_id == row.conversation);
            CHECK(got.enduser_id == row.user);
            CHECK((got == record_of(row)));
        }
    }

    TEST_CASE("prefers the API's own field to an app's metadata") {
        const Row rows[] = {
            {"all conversations",
             R"({"metadata":{"session_id":"6","user_id":"user_a_account_b_session_7"},"litellm_session_id":"5",)"
             R"("thread_id":"4","session_id":"3","conversation_id":"2","conversation":"1"})",
             "1", "b"},
            {"without the first",
             R"({"metadata":{"session_id":"6"},"litellm_session_id":"5","thread_id":"4","session_id":"3",)"
             R"("conversation_id":"2"})",
             "2", ""},
            {"metadata before what is packed in it",
             R"({"metadata":{"user_id":"user_a_account_b_session_7","session_id":"6"}})", "6", "b"},
            {"all users", R"({"metadata":{"user_id":"3"},"safety_identifier":"2","user":"1"})", "", "1"},
            {"hashed before packed", R"({"metadata":{"user_id":"3"},"safety_identifier":"2"})", "", "2"},
        };
        for (const Row& row : rows) {
            CAPTURE(row.name);
            CHECK((read(row.body) == record_of(row)));
        }
    }

    TEST_CASE("takes no id from what is a turn, a cache or content") {
        for (const char* body :
             {R"({"previous_response_id":"resp_1"})", R"({"prompt_cache_key":"k"})",
              R"({"previous_interaction_id":"i"})", R"({"metadata":{"previous_response_id":"r","session":"s"}})",
              R"({"store":true})", R"({"input":[{"session_id":"s","user":"u"}]})", R"({"conversation":{"ids":"c"}})",
              R"({"conversation":null,"user":null,"session_id":7,"thread_id":[],"metadata":null})",
              R"({"user":{"id":"u"}})", R"({"user":"","metadata":{"user_id":"","session_id":7}})",
              R"({"metadata":"session_id"})"}) {
            CAPTURE(body);
            CHECK((read(body) == LlmCall{}));
        }
    }

    TEST_CASE("keeps what the head named") {
        LlmCall named;
        named.conversation_id = "head";
        named.enduser_id = "person";
        CHECK((read(R"({"conversation":"conv_1","user":"u-1","metadata":{"user_id":"u-2","session_id":"s"}})", true,
                    named) == named));
    }

    TEST_CASE("records no user where none is wanted, and the conversation all the same") {
        const LlmCall got =
            read(R"({"user":"u","safety_identifier":"h","metadata":{"user_id":"user_a_account_b_session_c"}})", false);
        CHECK((got == record_of({"", "", "c", ""})));
    }

    TEST_CASE("passes over ids beyond their limit and those that are no text, and counts them") {
        const std::string fits(max_id_bytes, 'a'), too_long(max_id_bytes + 1, 'a'), huge(64 * 1024, 'a');
        const auto body = [](const std::string& id) {
            return R"({"session_id":")" + id + R"(","user":")" + id + "\"}";
        };
        CHECK((read(body(fits)) == record_of({"", "", fits, fits})));
        for (const std::string& id : {too_long, huge, std::string("a\\n"), std::string("a\\u0000"),
                                      std::string("a\x01"), std::string("\xFF"), std::string("\xED\xA0\x80")}) {
            CAPTURE(id.substr(0, 20));
            CHECK((read(body(id)) == record_of({"", "", "", "", 2})));
        }
        CHECK((read(R"({"session_id":")" + too_long + R"(","thread_id":"t","user":")" + huge +
                    R"(","safety_identifier":"h"})") == record_of({"", "", "t", "h", 2})));
        CHECK(read(R"({"metadata":{"user_id":"\u0000"}})").context_dropped == 1);
    }
}
