#include "parsers/client_identity.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

using namespace tokenweir;
using namespace tokenweir::parsers;

namespace {

using Tags = std::vector<std::pair<std::string, std::string>>;

/// What a head says of its caller.
struct Caller {
    std::string conversation = {}, user = {};
    Tags tags = {};
    std::optional<std::int64_t> retries = {};
    std::optional<double> timeout = {};
    std::uint32_t dropped = 0;
};

struct Row {
    const char* name;
    std::vector<Field> fields;
    Caller expected;
    std::string_view api = "openai.chat_completions";
    const char* path = "/v1/chat/completions";
};

LlmCall of(std::string_view api, const char* path) {
    LlmCall call;
    call.api = api;
    call.path = path;
    return call;
}

LlmCall read(Fields fields, const ContextOptions& options = {}, LlmCall call = {}) {
    read_client(fields, options, call);
    return call;
}

LlmCall record_of(const Caller& caller, LlmCall call = {}) {
    call.conversation_id = caller.conversation;
    call.enduser_id = caller.user;
    call.tags = caller.tags;
    call.client_retry_count = caller.retries;
    call.client_timeout_seconds = caller.timeout;
    call.context_dropped = caller.dropped;
    return call;
}

/// Compares whole records, so that what must not be set is not.
void check(const std::vector<Row>& rows, const ContextOptions& options = {}) {
    for (const Row& row : rows) {
        CAPTURE(row.name);
        const LlmCall got = read(row.fields, options, of(row.api, row.path));
        CHECK(got.conversation_id == row.expected.conversation);
        CHECK(got.enduser_id == row.expected.user);
        CHECK(got.tags == row.expected.tags);
        CHECK(got.context_dropped == row.expected.dropped);
        CHECK((got == record_of(row.expected, of(row.api, row.path))));
    }
}

}  // namespace

TEST_SUITE("client_identity") {
    TEST_CASE("takes the conversation that each client names") {
        check({
            {"our own", {{"x-tokenweir-conversation", "c-1"}}, {.conversation = "c-1"}},
            {"Claude Code", {{"X-Claude-Code-Session-Id", "c-1"}, {"x-app", "cli"}}, {.conversation = "c-1"}},
            {"Codex",
             {{"x-client-request-id", "r-1"},
              {"thread-id", "t-1"},
              {"session-id", "c-1"},
              {"x-codex-window-id", "c-1:0"}},
             {.conversation = "c-1"}},
            {"Codex, older", {{"conversation_id", "t-1"}, {"session_id", "c-1"}}, {.conversation = "c-1"}},
            {"Codex, the thread alone", {{"thread-id", "t-1"}}, {.conversation = "t-1"}},
            {"Codex, from its metadata",
             {{"x-codex-turn-metadata",
               R"({"installation_id":"i","session_id":"c-1","thread_id":"t-1","turn_id":"u"})"}},
             {.conversation = "c-1"}},
            {"Codex, a thread in its metadata",
             {{"x-codex-turn-metadata", R"({"agent_name":"a","thread_id":"t-1"})"}},
             {.conversation = "t-1"}},
            {"opencode", {{"x-session-affinity", "c-1"}, {"x-session-id", "c-1"}}, {.conversation = "c-1"}},
            {"opencode's own gateway",
             {{"x-opencode-session", "c-1"}, {"x-opencode-request", "r"}},
             {.conversation = "c-1"}},
            {"Kilo Code", {{"X-KiloCode-TaskId", "c-1"}, {"X-Title", "Kilo Code"}}, {.conversation = "c-1"}},
            {"Open WebUI", {{"X-OpenWebUI-Chat-Id", "c-1"}, {"X-OpenWebUI-Message-Id", "m"}}, {.conversation = "c-1"}},
            {"Envoy AI Gateway", {{"agent-session-id", "c-1"}}, {.conversation = "c-1"}},
            {"xAI", {{"x-grok-conv-id", "c-1"}}, {.conversation = "c-1"}},
            {"OpenRouter", {{"x-session-id", "c-1"}}, {.conversation = "c-1"}},
            {"Helicone", {{"Helicone-Session-Id", "c-1"}}, {.conversation = "c-1"}},
            {"LiteLLM", {{"x-litellm-session-id", "c-1"}}, {.conversation = "c-1"}},
            {"Langfuse", {{"langfuse_session_id", "c-1"}}, {.conversation = "c-1"}},
            {"a plain name", {{"X-Conversation-Id", "c-1"}}, {.conversation = "c-1"}},
            {"baggage",
             {{"baggage", "a=b, session.id = c%2D1;x=y ,user.id=u-1"}},
             {.conversation = "c-1", .user = "u-1"}},
            {"baggage of Langfuse",
             {{"baggage", "langfuse_session_id=c-1,langfuse_user_id=u-1"}},
             {.conversation = "c-1", .user = "u-1"}},
            {"a thread in the path",
             {},
             {.conversation = "thread_1"},
             "openai.assistants",
             "/v1/threads/thread_1/runs"},
            {"a thread's end", {}, {.conversation = "thread_1"}, "openai.assistants", "/openai/v1/threads/thread_1"},
            {"a conversation in the path", {}, {.conversation = "conv_1"}, "conversations", "/v1/conversations/conv_1"},
        });
    }

    TEST_CASE("prefers what was set on purpose to what a client sends by itself, in whatever order they come") {
        const std::vector<Field> all{{"x-tokenweir-conversation", "01"},
                                     {"helicone-session-id", "02"},
                                     {"langfuse-session-id", "03"},
                                     {"x-litellm-session-id", "04"},
                                     {"x-claude-code-session-id", "05"},
                                     {"session-id", "06"},
                                     {"x-opencode-session", "07"},
                                     {"x-kilocode-taskid", "08"},
                                     {"x-openwebui-chat-id", "09"},
                                     {"agent-session-id", "10"},
                                     {"x-grok-conv-id", "11"},
                                     {"conversation-id", "12"},
                                     {"x-conversation-id", "13"},
                                     {"x-session-id", "14"},
                                     {"x-session-affinity", "15"},
                                     {"thread-id", "16"},
                                     {"x-codex-turn-metadata", R"({"session_id":"17"})"},
                                     {"baggage", "session.id=18"}};
        for (std::size_t first = 0; first < all.size(); ++first) {
            std::vector<Field> fields(all.begin() + static_cast<std::ptrdiff_t>(first), all.end());
            const std::string best = (first < 9 ? "0" : "") + std::to_string(first + 1);
            CHECK(read(fields).conversation_id == best);
            std::reverse(fields.begin(), fields.end());
            CHECK(read(fields, {}, of("openai.assistants", "/v1/threads/thread_1")).conversation_id == best);
        }
    }

    TEST_CASE("takes no conversation from what only looks like one") {
        check({
            {"a request", {{"x-request-id", "r"}, {"x-client-request-id", "r"}, {"x-trace-id", "t"}}, {}},
            {"a trace", {{"traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}}, {}},
            {"nothing", {{"session-id", ""}}, {}},
            {"a longer name", {{"session-ids", "s"}, {"my-session-id", "s"}, {"session", "s"}}, {}},
            {"baggage of others", {{"baggage", "session=s,xsession.id=s,Session.Id=s,session.id,=s,;=,"}}, {}},
            {"a list of threads", {}, {}, "openai.assistants", "/v1/threads/runs"},
            {"a list of conversations", {}, {}, "conversations", "/v1/conversations"},
            {"another thing", {}, {}, "openai.assistants", "/v1/assistants/asst_1"},
            {"another API", {}, {}, "files", "/v1/files/thread_1"},
        });
    }

    TEST_CASE("takes the user that a header names, in order of preference") {
        check({
            {"our own", {{"helicone-user-id", "u-2"}, {"x-tokenweir-user", "u-1"}}, {.user = "u-1"}},
            {"Helicone", {{"x-litellm-end-user-id", "u-2"}, {"Helicone-User-Id", "u-1"}}, {.user = "u-1"}},
            {"LiteLLM", {{"x-litellm-customer-id", "u-2"}, {"x-litellm-end-user-id", "u-1"}}, {.user = "u-1"}},
            {"LiteLLM's customer", {{"X-LiteLLM-Customer-Id", "u-1"}}, {.user = "u-1"}},
            {"Open WebUI",
             {{"X-OpenWebUI-User-Id", "u-1"}, {"X-OpenWebUI-User-Email", "a@example.org"}},
             {.user = "u-1"}},
            {"Portkey", {{"x-portkey-metadata", R"({"_user":"u-1"})"}, {"baggage", "user.id=u-2"}}, {.user = "u-2"}},
            {"Portkey behind a header",
             {{"x-portkey-metadata", R"({"_user":"u-2"})"}, {"helicone-user-id", "u-1"}},
             {.user = "u-1"}},
            {"a name in UTF-8", {{"x-tokenweir-user", "J\xC3\xBCrgen"}}, {.user = "J\xC3\xBCrgen"}},
            {"twice", {{"x-tokenweir-user", "u-1"}, {"X-Tokenweir-User", "u-2"}}, {.user = "u-1"}},
        });
    }

    TEST_CASE("makes a tag of each header that carries one, with a name fit for a key") {
        check({
            {"our own",
             {{"X-Tokenweir-Tag-Team", "Search & Co"}, {"x-tokenweir-tag-cost-Center", "42"}},
             {.tags = {{"team", "Search & Co"}, {"cost_center", "42"}}}},
            {"Helicone",
             {{"Helicone-Property-App", "mobile"},
              {"Helicone-Session-Name", "plan"},
              {"Helicone-Session-Path", "/a/b"},
              {"Helicone-Auth", "Bearer sk"}},
             {.tags = {{"app", "mobile"}, {"helicone_session_name", "plan"}, {"helicone_session_path", "/a/b"}}}},
            {"Portkey",
             {{"x-portkey-metadata",
               R"({"_user":"u-1","environment":"prod","_prompt":"p","n":12,"on":true,"no":null})"},
              {"x-portkey-trace-id", "t-1"},
              {"x-portkey-api-key", "sk"}},
             {.user = "u-1",
              .tags = {{"environment", "prod"},
                       {"prompt", "p"},
                       {"n", "12"},
                       {"on", "true"},
                       {"portkey_trace_id", "t-1"}}}},
            {"Cloudflare",
             {{"cf-aig-metadata", R"({"team":"AI","user":12345})"}},
             {.tags = {{"team", "AI"}, {"user", "12345"}}}},
            {"LiteLLM", {{"x-litellm-tags", "a,b"}}, {.tags = {{"litellm_tags", "a,b"}}}},
            {"two of one name: the first",
             {{"x-tokenweir-tag-team", "a"}, {"helicone-property-Team", "b"}, {"x-tokenweir-tag--team-", "c"}},
             {.tags = {{"team", "a"}}}},
            {"JSON in a header of one tag is a value",
             {{"x-tokenweir-tag-team", R"({"a":1})"}},
             {.tags = {{"team", R"({"a":1})"}}}},
            {"an empty value",
             {{"x-tokenweir-tag-team", ""}, {"x-portkey-metadata", R"({"a":"","b":{}})"}},
             {.dropped = 1}},
        });
    }

    TEST_CASE("drops a name that nothing is left of, and counts it") {
        check({
            {"no name", {{"x-tokenweir-tag-", "a"}}, {.dropped = 1}},
            {"signs alone", {{"x-tokenweir-tag-..-", "a"}, {"x-portkey-metadata", R"({"--":"a"})"}}, {.dropped = 2}},
        });
    }

    TEST_CASE("lets no damaged JSON in, not a part of it") {
        const std::string nested = "{\"a\":" + std::string(600, '[') + std::string(600, ']') + "}";
        for (const std::string& json :
             {std::string(R"({"a":"b")"), std::string(R"({"a":"b",})"), std::string(R"({"a":"b","c"})"),
              std::string(R"({"a":"b" "c":"d"})"), std::string("{"), std::string(R"({'a':'b'})")}) {
            CAPTURE(json);
            const std::vector<Field> fields{{"x-portkey-metadata", json}, {"x-codex-turn-metadata", json}};
            CHECK(read(fields).tags.empty());
            CHECK(read(fields).conversation_id.empty());
            CHECK(read(fields).context_dropped == 2);
        }
        const std::vector<Field> deep{{"x-portkey-metadata", nested}};
        CHECK(read(deep).tags.empty());
    }

    TEST_CASE("reads how often a client retried and how long it waits") {
        check({
            {"OpenAI for Python",
             {{"x-stainless-retry-count", "2"}, {"x-stainless-read-timeout", "600.0"}},
             {.retries = 2, .timeout = 600}},
            {"Anthropic for JavaScript",
             {{"X-Stainless-Retry-Count", "0"}, {"X-Stainless-Timeout", "600"}},
             {.retries = 0, .timeout = 600}},
            {"the time for all before the time for a read",
             {{"x-stainless-read-timeout", "60"}, {"x-stainless-timeout", "600"}},
             {.timeout = 600}},
            {"Anthropic for Python, not given",
             {{"x-stainless-timeout", "NOT_GIVEN"}, {"x-stainless-read-timeout", "60"}},
             {.timeout = 60}},
            {"AWS, the first attempt", {{"amz-sdk-request", "attempt=1; max=3"}}, {.retries = 0}},
            {"AWS, the last", {{"amz-sdk-request", "ttl=20260101T000000Z; attempt=3; max=3"}}, {.retries = 2}},
            {"AWS, no bound", {{"amz-sdk-request", "attempt=2"}}, {.retries = 1}},
            {"Google",
             {{"X-Server-Timeout", "20"}, {"x-goog-api-client", "google-genai-sdk/2 gl-node/v20"}},
             {.timeout = 20}},
            {"gRPC, seconds", {{"grpc-timeout", "30S"}}, {.timeout = 30}},
            {"gRPC, milliseconds", {{"grpc-timeout", "1500m"}}, {.timeout = 1.5}},
            {"gRPC, minutes", {{"grpc-timeout", "2M"}}, {.timeout = 120}},
            {"no numbers", {{"x-stainless-retry-count", "often"}, {"x-stainless-timeout", "forever"}}, {}},
            {"numbers that go on", {{"x-stainless-retry-count", "2x"}, {"x-stainless-timeout", "60s"}}, {}},
            {"below nothing", {{"x-stainless-retry-count", "-1"}, {"x-stainless-timeout", "-1"}}, {}},
            {"no time at all", {{"x-stainless-timeout", "0"}, {"x-server-timeout", "inf"}}, {}},
            {"an attempt before the first", {{"amz-sdk-request", "attempt=0"}}, {}},
            {"an attempt that goes on", {{"amz-sdk-request", "attempt=2nd"}}, {}},
            {"gRPC without a unit", {{"grpc-timeout", "30"}}, {}},
            {"gRPC without a number", {{"grpc-timeout", "S"}}, {}},
            {"more than fits", {{"x-stainless-retry-count", "99999999999999999999"}}, {}},
        });
    }

    TEST_CASE("takes ids and values up to their limits and counts what is beyond") {
        const std::string fits(max_id_bytes, 'a'), too_long(max_id_bytes + 1, 'a');
        const std::string name = "x-tokenweir-tag-" + std::string(max_tag_name_bytes, 'n'), long_name = name + "n";
        check({
            {"the longest",
             {{"session-id", fits}, {"x-tokenweir-user", fits}, {"x-tokenweir-tag-a", fits}, {name, fits}},
             {.conversation = fits, .user = fits, .tags = {{"a", fits}, {std::string(max_tag_name_bytes, 'n'), fits}}}},
            {"too long",
             {{"session-id", too_long},
              {"x-tokenweir-user", too_long},
              {"x-tokenweir-tag-a", too_long},
              {long_name, fits}},
             {.dropped = 4}},
            {"the next one stands in",
             {{"helicone-session-id", too_long}, {"session-id", "s-1"}},
             {.conversation = "s-1", .dropped = 1}},
        });
        std::string json = R"({"a":"b","c":")";
        json.append(max_metadata_bytes - json.size() - 2, ' ').append("\"}");
        const std::vector<Field> whole{{"cf-aig-metadata", json}};
        CHECK(read(whole).tags == Tags{{"a", "b"}});
        CHECK(read(whole).context_dropped == 1);  // the value of c
        json.insert(1, " ");
        const std::vector<Field> longer{{"cf-aig-metadata", json}};
        CHECK(read(longer).tags.empty());
    }

    TEST_CASE("takes so many tags and no more") {
        std::vector<std::string> names;
        for (std::size_t i = 0; i <= max_tags; ++i) names.push_back("x-tokenweir-tag-" + std::to_string(i));
        std::vector<Field> fields;
        for (const std::string& name : names) fields.push_back({name, "v"});
        CHECK(read(fields).tags.size() == max_tags);
        CHECK(read(fields).context_dropped == 1);
        fields.pop_back();
        CHECK(read(fields).tags.size() == max_tags);
        CHECK(read(fields).context_dropped == 0);
    }

    TEST_CASE("takes nothing that is no text") {
        const std::string huge(64 * 1024, 'x'), zeros(64, '\0');
        for (const std::string& value :
             {std::string("a\nb"), std::string("a\tb"), std::string("a\x7F"), std::string("a\0b", 3),
              std::string("\x1B[31m"), std::string("J\xFCrgen"), std::string("\xC3"), std::string("\xED\xA0\x80"),
              std::string("\xF5\x80\x80\x80"), huge, zeros}) {
            CAPTURE(value.substr(0, 20));
            const std::vector<Field> fields{{"session-id", value},
                                            {"x-tokenweir-user", value},
                                            {"x-tokenweir-tag-a", value},
                                            {"x-portkey-trace-id", value}};
            CHECK((read(fields) == record_of({.dropped = 4})));
        }
        const std::vector<Field> escaped{{"x-portkey-metadata", R"({"_user":"a\u0000b","b":"c\nd","e":"\ud800"})"},
                                         {"baggage", "session.id=a%0Ab"}};
        CHECK((read(escaped) == record_of({.tags = {{"e", "\xEF\xBF\xBD"}}, .dropped = 3})));
    }

    TEST_CASE("leaves percent signs that escape nothing") {
        const std::vector<Field> fields{{"baggage", "session.id=100%,user.id=%zz%4"}};
        CHECK((read(fields) == record_of({.conversation = "100%", .user = "%zz%4"})));
    }

    TEST_CASE("records no user where none is wanted, and the rest all the same") {
        ContextOptions options;
        options.record_user = false;
        check({{"everything",
                {{"x-tokenweir-user", "u"},
                 {"x-portkey-metadata", R"({"_user":"u","a":"b"})"},
                 {"baggage", "user.id=u,session.id=s"}},
                {.conversation = "s", .tags = {{"a", "b"}}}}},
              options);
    }

    TEST_CASE("unpacks the user id that Claude Code sends, and nobody else's") {
        struct PackedRow {
            const char* name;
            const char* user_id;
            PackedUser expected;
        };
        const PackedRow rows[] = {
            {"text", "user_0a_account_0b_session_4f-1", {"0b", "4f-1"}},
            {"text without an account", "user_0a_account__session_4f-1", {"0a", "4f-1"}},
            {"JSON", R"({"device_id":"0a","account_uuid":"0b","session_id":"4f-1"})", {"0b", "4f-1"}},
            {"JSON without an account", R"({"device_id":"0a","account_uuid":"","session_id":"4f-1"})", {"0a", "4f-1"}},
            {"JSON of somebody else", R"({"id":"7"})", {R"({"id":"7"})", ""}},
            {"JSON that is none", R"({"session_id":"4f-1")", {R"({"session_id":"4f-1")", ""}},
            {"an address", "someone@example.org", {"someone@example.org", ""}},
            {"a user of another system", "user_12_session_34", {"user_12_session_34", ""}},
            {"nothing", "", {"", ""}},
        };
        for (const PackedRow& row : rows) {
            CAPTURE(row.name);
            CHECK((unpack_user(row.user_id) == row.expected));
        }
    }
}
