#include "parsers/context_headers.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "parsers/client_identity.hpp"

using namespace tokenweir;
using namespace tokenweir::parsers;

namespace {

/// The user, conversation and tags that a head gives under these lists.
LlmCall read(const ContextHeaders& headers, const std::vector<Field>& fields) {
    ContextOptions options;
    options.headers = headers;
    LlmCall call;
    read_client(fields, options, call);
    return call;
}

std::vector<std::string> numbered(std::size_t count) {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < count; ++i) names.push_back("x-" + std::to_string(i));
    return names;
}

}  // namespace

TEST_SUITE("context_headers") {
    TEST_CASE("finds a name whatever its case, and with _ for -") {
        const ContextHeaders headers;
        for (const char* name : {"session-id", "Session-Id", "SESSION_ID", "session_id"}) {
            CAPTURE(name);
            REQUIRE(headers.find(name).entry != nullptr);
            CHECK(headers.find(name).entry->name == "session-id");
        }
        for (const char* name : {"", "session.id", "session-i", "session-idd", "sessionxid", "\xFF"}) {
            CAPTURE(name);
            CHECK(headers.find(name).entry == nullptr);
        }
    }

    TEST_CASE("finds none of the headers that nearly every request has") {
        const ContextHeaders headers;
        for (const char* name : {"host",
                                 "user-agent",
                                 "accept",
                                 "accept-encoding",
                                 "accept-language",
                                 "connection",
                                 "content-type",
                                 "content-length",
                                 "authorization",
                                 "x-api-key",
                                 "api-key",
                                 "x-goog-api-key",
                                 "cookie",
                                 "x-stainless-lang",
                                 "x-stainless-os",
                                 "x-stainless-arch",
                                 "x-stainless-runtime",
                                 "x-stainless-package-version",
                                 "anthropic-version",
                                 "anthropic-beta",
                                 "x-request-id",
                                 "x-app",
                                 "traceparent",
                                 "x-goog-api-client"}) {
            CAPTURE(name);
            CHECK(headers.find(name).entry == nullptr);
        }
    }

    TEST_CASE("docs/context.md lists the headers of conversations in the order that they are preferred in") {
        std::ifstream page(TOKENWEIR_SOURCE_DIR "/docs/context.md");
        const std::string text{std::istreambuf_iterator<char>(page), {}};
        const auto from = text.find("## Conversations"), to = text.find("5. the path", from);
        REQUIRE(to != std::string::npos);
        const ContextHeaders headers;
        std::vector<unsigned> ranks;
        for (std::size_t at = from; (at = text.find('`', at)) < to;) {
            const auto end = text.find('`', at + 1);
            const std::string_view name = std::string_view(text).substr(at + 1, end - at - 1);
            at = end + 1;
            const auto found = headers.find(name);
            if (found.entry == nullptr || name.find('_') != std::string_view::npos) continue;  // a member of JSON
            CHECK(found.entry->meaning != HeaderMeaning::user);
            ranks.push_back(found.entry->rank);
        }
        CHECK(std::ranges::is_sorted(ranks));
        CHECK(ranks.size() == 18);
    }

    TEST_CASE("takes the operator's headers in their order, before those that are known") {
        ContextHeaders headers;
        headers.set_conversation({"X-Ticket", "x-case"});
        headers.set_user({"x-employee"});
        headers.set_tags({"X-Team", "my-*"});
        const LlmCall call = read(headers, {{"session-id", "s"},
                                            {"x-case", "c"},
                                            {"x-ticket", "t"},
                                            {"x-employee", "e"},
                                            {"x-tokenweir-user", "u"},
                                            {"x-team", "search"},
                                            {"My-Cost-Center", "7"},
                                            {"x-tokenweir-tag-a", "b"}});
        CHECK(call.conversation_id == "t");
        CHECK(call.enduser_id == "e");
        CHECK(call.tags == std::vector<std::pair<std::string, std::string>>{{"team", "search"}, {"cost_center", "7"}});
    }

    TEST_CASE("lets the operator give a known header another meaning") {
        ContextHeaders headers;
        headers.set_tags({"x-session-id", "x-stainless-retry-count"});
        const LlmCall call = read(headers, {{"x-session-id", "s"}, {"x-stainless-retry-count", "1"}});
        CHECK(call.conversation_id.empty());
        CHECK_FALSE(call.client_retry_count);
        CHECK(call.tags ==
              std::vector<std::pair<std::string, std::string>>{{"session_id", "s"}, {"stainless_retry_count", "1"}});
    }

    TEST_CASE("finds a name whatever its length, its case and its dashes are") {
        for (std::size_t size = 1; size <= 130; ++size) {
            std::string name = std::string("a-_b").append(size, 'c').substr(0, size);
            ContextHeaders headers;
            headers.set_tags({name});
            CAPTURE(name);
            CHECK(headers.find(name).entry != nullptr);
            std::ranges::transform(name, name.begin(), [](char c) { return c == '-' ? '_' : c == '_' ? '-' : c; });
            CHECK(headers.find(name).entry != nullptr);
            std::ranges::transform(name, name.begin(), [](char c) { return c >= 'a' ? static_cast<char>(c - 32) : c; });
            CHECK(headers.find(name).entry != nullptr);
            CHECK(headers.find(name + "c").entry == nullptr);
        }
    }

    TEST_CASE("takes a beginning of any length") {
        for (const std::string_view prefix : {"*", "m*", "m-*", "m_x*", "X-*", "x-m*", "_*"}) {
            CAPTURE(prefix);
            ContextHeaders headers;
            headers.set_tags({std::string(prefix)});
            for (const std::string_view rest : {"", "-", "_", "a", "-a", "-abc", "abc", "a-bc"}) {
                const std::string name = std::string(prefix.substr(0, prefix.size() - 1)).append(rest);
                if (name.empty()) continue;
                CAPTURE(name);
                REQUIRE(headers.find(name).entry != nullptr);
                CHECK(headers.find(name).tag == rest);
            }
        }
    }

    TEST_CASE("records no tag and no user of an empty list, but what is known") {
        ContextHeaders headers;
        headers.set_conversation({});
        headers.set_user({});
        headers.set_tags({});
        const LlmCall call = read(headers, {{"x-tokenweir-user", "u"},
                                            {"x-tokenweir-tag-a", "b"},
                                            {"x-tokenweir-conversation", "c"},
                                            {"x-session-id", "s"}});
        CHECK(call.conversation_id == "s");
        CHECK(call.enduser_id.empty());
        CHECK(call.tags.empty());
    }

    TEST_CASE("holds full lists") {
        ContextHeaders headers;
        const auto names = numbered(3 * ContextHeaders::max_names);
        const auto third = static_cast<std::ptrdiff_t>(ContextHeaders::max_names);
        headers.set_conversation({names.begin(), names.begin() + third});
        headers.set_user({names.begin() + third, names.begin() + 2 * third});
        headers.set_tags({names.begin() + 2 * third, names.end()});
        for (const std::string& name : names) REQUIRE(headers.find(name).entry != nullptr);
        CHECK(headers.find("x-0").entry->meaning == HeaderMeaning::conversation);
        CHECK(headers.find("x-32").entry->meaning == HeaderMeaning::user);
        CHECK(headers.find("x-95").entry->meaning == HeaderMeaning::tag_or_json);
        CHECK(headers.find("grpc-timeout").entry->meaning == HeaderMeaning::grpc_timeout);
        CHECK(headers.find("x-96").entry == nullptr);
    }

    TEST_CASE("is equal to another of the same lists") {
        ContextHeaders one, other;
        CHECK((one == other));
        one.set_user({"a"});
        CHECK_FALSE((one == other));
        other.set_user({"a"});
        CHECK((one == other));
    }
}
