#include "feedback/feedback_handler.hpp"

#include <doctest/doctest.h>

#include "tests/feedback/calls.hpp"

namespace tokenweir::feedback {
namespace {

using namespace std::chrono_literals;

struct Desk {
    test::Evaluations sink;
    FeedbackDesk desk{{}, sink};
    FeedbackHandler handler{desk};

    AdminResponse handle(const std::string& body, bool again, std::string_view method = "POST") {
        return handler.handle(
            {.method = method, .path = FeedbackHandler::path, .query = {}, .fields = {}, .body = body, .again = again});
    }

    /// "202 {...}"
    std::string post(const std::string& body, std::string_view method = "POST") {
        const AdminResponse response = handle(body, true, method);
        CHECK(response.ask_again_after == 0s);
        CHECK(response.content_type == "application/json");
        CHECK(response.body.ends_with("}\n"));
        return std::to_string(response.status) + " " + response.body.substr(0, response.body.size() - 1);
    }
};

TEST_SUITE("feedback_handler") {
    TEST_CASE("an unknown response id is looked for twice, since an app may be faster than the record of its call") {
        Desk desk;
        const std::string body = R"({"response_id":"resp_1","name":"n","score":1})";
        CHECK(desk.handle(body, false).ask_again_after == 1s);
        CHECK(desk.desk.feedback_statistics().requests ==
              CountsByReason{{"recorded", 0}, {"held", 0}, {"unknown", 0}, {"refused", 0}, {"invalid", 0}});
        CHECK(desk.post(body).starts_with("404 "));
        desk.desk.consume(test::finished(test::chat(1)));
        CHECK(desk.post(body).starts_with("202 "));
        CHECK(desk.handle(body, false).ask_again_after == 0s);
        CHECK(desk.handle(R"({"call_id":"x","name":"n","score":1})", false).status == 404);
        CHECK(desk.desk.feedback_statistics().requests ==
              CountsByReason{{"recorded", 2}, {"held", 0}, {"unknown", 2}, {"refused", 0}, {"invalid", 0}});
    }

    TEST_CASE("an answer says what was found") {
        Desk desk;
        const LlmCall call = test::chat(1);
        desk.desk.consume(test::finished(call));
        CHECK(desk.post(R"({"response_id":"resp_1","name":"n","label":"good"})") ==
              R"(202 {"status":"recorded","call_id":")" + std::string(call.id.view()) +
                  R"(","trace_id":"09010000000000000000000000000000","span_id":"0101000000000000"})");
        const CallId running = CallIdSource().next(std::chrono::system_clock::now());
        CHECK(desk.post(R"({"call_id":")" + std::string(running.view()) + R"(","name":"n","score":1,"comment":")" +
                        std::string(2000, 'x') + "\"}") ==
              R"(202 {"status":"held","call_id":")" + std::string(running.view()) + R"(","comment_cut":true})");
    }

    TEST_CASE("a refusal says what was looked for, and what would do") {
        Desk desk;
        CHECK(desk.post(R"({"response_id":"a\"b","name":"n","score":1})") ==
              R"(404 {"error":"response_id 'a\"b': no call that has ended and is still remembered has it; a call that )"
              R"(is under way is known by its call_id, an old one by its traceparent"})");
        CHECK(desk.post(R"({"call_id":"x","name":"n","score":1})") ==
              R"(404 {"error":"call_id 'x': not an id that this process has given a call; the traceparent of the call )"
              R"(would do"})");
        const std::string running(CallIdSource().next(std::chrono::system_clock::now()).view());
        const std::string early = R"({"call_id":")" + running + R"(","name":"n","score":1})";
        for (std::size_t i = 0; i < FeedbackDesk::max_held_per_call; ++i) REQUIRE(desk.post(early).starts_with("202 "));
        CHECK(desk.post(early) == R"(429 {"error":"call_id ')" + running +
                                      R"(': 64 pieces of feedback wait for this call to end already"})");
        CHECK(desk.post("{").starts_with(R"(400 {"error":"body: expected a JSON object; )"));
        CHECK(desk.post("", "GET") == R"(405 {"error":"method: expected POST, got GET"})");
        CHECK(desk.post(std::string(max_body_bytes + 1, ' ')) ==
              R"(413 {"error":"body: expected at most 16384 bytes, got 16385"})");
        const AdminResponse huge = desk.handler.handle({.method = "POST",
                                                        .path = FeedbackHandler::path,
                                                        .query = {},
                                                        .fields = {},
                                                        .body = {},
                                                        .body_left_out = true});
        CHECK(std::pair(huge.status, huge.body) ==
              std::pair(413, std::string("{\"error\":\"body: expected at most 16384 bytes\"}\n")));
        CHECK(desk.desk.feedback_statistics().requests ==
              CountsByReason{{"recorded", 0}, {"held", 64}, {"unknown", 2}, {"refused", 1}, {"invalid", 4}});
        CHECK(desk.sink.all().empty());
    }
}

}  // namespace
}  // namespace tokenweir::feedback
