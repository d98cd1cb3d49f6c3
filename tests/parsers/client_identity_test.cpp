#include "parsers/client_identity.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace tokenweir;
using namespace tokenweir::parsers;

TEST_SUITE("client_identity") {
    TEST_CASE("takes a session from the headers that carry one") {
        for (const char* name :
             {"X-Claude-Code-Session-Id", "session-id", "x-session-id", "x-session-affinity", "Helicone-Session-Id"}) {
            const std::vector<Field> fields{{"x-request-id", "r"}, {name, "s-1"}};
            CHECK(session_of(fields) == "s-1");
        }
        const std::vector<Field> none{{"x-request-id", "r"}, {"session-id", ""}};
        CHECK(session_of(none).empty());
        const std::string huge(257, 's');
        const std::vector<Field> too_long{{"session-id", huge}};
        CHECK(session_of(too_long).empty());
    }

    TEST_CASE("takes a session out of the user id that Claude Code sends") {
        CHECK(session_of_user_id("user_0a_account_0b_session_4f-1") == "4f-1");
        CHECK(session_of_user_id(R"({"device_id":"d","session_id":"4f-1"})") == "4f-1");
        CHECK(session_of_user_id("someone@example.org").empty());
    }

    TEST_CASE("counts retries as the SDKs do") {
        const auto count = [](std::string_view name, std::string_view value) {
            const std::vector<Field> fields{{name, value}};
            return retry_count(fields);
        };
        CHECK(count("X-Stainless-Retry-Count", "2") == 2);
        CHECK(count("amz-sdk-request", "attempt=1; max=3") == 0);
        CHECK(count("amz-sdk-request", "attempt=3; max=3") == 2);
        CHECK_FALSE(count("x-stainless-retry-count", "often"));
        CHECK_FALSE(count("amz-sdk-request", "attempt=0"));
        CHECK_FALSE(retry_count({}));
    }
}
