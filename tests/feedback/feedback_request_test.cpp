#include "feedback/feedback_request.hpp"

#include <doctest/doctest.h>

#include <array>

namespace tokenweir::feedback {
namespace {

constexpr std::string_view parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

std::string refusal(std::string_view body) {
    const auto read = read_feedback(body);
    const auto* bad = std::get_if<BadFeedback>(&read);
    return bad == nullptr ? "taken" : std::to_string(bad->status) + " " + bad->message;
}

FeedbackRequest taken(std::string_view body) {
    CAPTURE(body);
    const auto read = read_feedback(body);
    REQUIRE(std::holds_alternative<FeedbackRequest>(read));
    return std::get<FeedbackRequest>(read);
}

TEST_SUITE("feedback_request") {
    TEST_CASE("a body names a call in one of three ways, and has a score, a label or both") {
        CHECK(taken(R"({"call_id":"c","name":"n","score":1})") ==
              FeedbackRequest{.subject = "c", .name = "n", .score = 1});
        CHECK(taken(R"( {"label":"good","name":"thumbs","response_id":"resp_1"} )") ==
              FeedbackRequest{
                  .subject_kind = SubjectKind::response_id, .subject = "resp_1", .name = "thumbs", .label = "good"});
        const std::string body = R"({"traceparent":")" + std::string(parent) +
                                 R"(","name":"h\u00e9","score":-2.5e1,"label":"b","comment":"two\nlines"})";
        CHECK(taken(body) == FeedbackRequest{.subject_kind = SubjectKind::traceparent,
                                             .subject = std::string(parent),
                                             .name = "h\xC3\xA9",
                                             .score = -25,
                                             .label = "b",
                                             .comment = "two\nlines"});
    }

    TEST_CASE("what is wrong is said with its place and what was expected") {
        const std::array<std::array<std::string_view, 2>, 23> rows{{
            {"", "400 body: expected a JSON object; Empty: no JSON found"},
            {"[]", "400 body: expected a JSON object, got an array"},
            {"1", "400 body: expected a JSON object, got a number"},
            {"{}", "400 body: expected one of call_id, response_id and traceparent: which call?"},
            {R"({"call_id":"c"})", "400 name: missing; expected what was judged, such as \"helpfulness\""},
            {R"({"call_id":"c","name":"n"})", "400 body: expected a score (a number), a label (a string) or both"},
            {R"({"call_id":"c","name":"n","comment":"x"})",
             "400 body: expected a score (a number), a label (a string) or both"},
            {R"({"call_id":1})", "400 call_id: expected a string, got a number"},
            {R"({"call_id":null})", "400 call_id: expected a string, got null"},
            {R"({"call_id":""})", "400 call_id: expected 1 to 256 bytes without control characters, got 0"},
            {R"({"response_id":"a\nb"})",
             "400 response_id: expected 1 to 256 bytes without control characters, got a control character"},
            {R"({"call_id":"c","response_id":"r"})",
             "400 response_id: expected one of call_id, response_id and traceparent, got call_id too"},
            {R"({"call_id":"c","call_id":"c"})", "400 call_id: expected once, got it twice"},
            {R"({"traceparent":"00-0-0-01"})",
             "400 traceparent: expected a W3C traceparent such as "
             "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"},
            {R"({"call_id":"c","name":[]})", "400 name: expected a string, got an array"},
            {R"({"call_id":"c","name":"n","score":"1"})", "400 score: expected a number, got a string"},
            {R"({"call_id":"c","name":"n","score":true})", "400 score: expected a number, got a boolean"},
            {R"({"call_id":"c","name":"n","score":"NaN"})", "400 score: expected a number, got a string"},
            {R"({"call_id":"c","name":"n","label":{}})", "400 label: expected a string, got an object"},
            {R"({"call_id":"c","name":"n","score":1,"comment":2})", "400 comment: expected a string, got a number"},
            {R"({"call_id":"c","scor":1})",
             "400 'scor': unknown member; expected some of call_id, response_id, traceparent, name, score, label, "
             "comment"},
            {R"({"call_id":"c","name":"n","score":1,})", "400 body: expected a JSON object; "},
            {"{\"call_id\":\"\xff\"}", "400 body: expected a JSON object; "},
        }};
        for (const auto& [body, expected] : rows) {
            CAPTURE(body);
            if (expected.ends_with("; "))
                CHECK(refusal(body).starts_with(expected));
            else
                CHECK(refusal(body) == expected);
        }
        for (const std::string_view number : {"NaN", "Infinity", "-Infinity", "1e999", "-1e999", "0x1", "01", "+1"}) {
            CAPTURE(number);
            CHECK(refusal(R"({"call_id":"c","name":"n","score":)" + std::string(number) + "}")
                      .starts_with("400 body: expected a JSON object; "));
        }
    }

    TEST_CASE("a score is at most a billion away from zero: sums of more would forget the others") {
        const auto scored = [](std::string_view score) {
            return R"({"call_id":"c","name":"n","score":)" + std::string(score) + "}";
        };
        CHECK(taken(scored("1e9")).score == 1e9);
        CHECK(taken(scored("-1000000000")).score == -1e9);
        for (const char* score : {"1000000000.5", "-1e10", "1e308", "18446744073709551615"})
            CHECK(refusal(scored(score)) == "400 score: expected a number from -1e9 to 1e9");
    }

    TEST_CASE("limits hold on both sides") {
        const auto with = [](std::string_view key, std::size_t size) {
            return R"({"call_id":"c","name":"n","score":1,")" + std::string(key) + R"(":")" + std::string(size, 'x') +
                   "\"}";
        };
        CHECK(refusal(with("label", max_name_bytes)) == "taken");
        CHECK(refusal(with("label", max_name_bytes + 1)) ==
              "400 label: expected 1 to 64 bytes without control characters, got 65");
        CHECK(taken(with("comment", max_comment_bytes)).comment_cut == false);
        const FeedbackRequest cut = taken(with("comment", max_comment_bytes + 1));
        CHECK(cut.comment_cut);
        CHECK(cut.comment.size() == max_comment_bytes);
        const std::string whole = R"({"call_id":"c","name":"n","score":1})";
        CHECK(refusal(whole + std::string(max_body_bytes - whole.size(), ' ')) == "taken");
        CHECK(refusal(whole + std::string(max_body_bytes - whole.size() + 1, ' ')) ==
              "413 body: expected at most 16384 bytes, got 16385");
        CHECK(refusal(R"({"call_id":)" + std::string(4000, '[')).starts_with("400 body: "));
    }

    TEST_CASE("a comment is never cut inside a code point") {
        std::string text;
        for (int i = 0; i < 400; ++i) text += "\xE2\x82\xAC";  // three bytes each
        CHECK(taken(R"({"call_id":"c","name":"n","score":1,"comment":")" + text + "\"}").comment.size() == 1023);
    }

    TEST_CASE("no beginning of a body is taken, and none does harm") {
        const std::string body = R"({"call_id":"c\u00e9","name":"n","score":-1.5e3,"label":"l","comment":"a\\b"})";
        for (std::size_t size = 0; size < body.size(); ++size) CHECK(refusal(body.substr(0, size)).starts_with("400 "));
        for (std::size_t at = 0; at < body.size(); ++at)
            for (int byte = 0; byte < 256; ++byte) {
                std::string damaged = body;
                damaged[at] = static_cast<char>(byte);
                const auto read = read_feedback(damaged);
                if (const auto* request = std::get_if<FeedbackRequest>(&read))
                    CHECK((!request->subject.empty() && !request->name.empty()));
            }
    }
}

}  // namespace
}  // namespace tokenweir::feedback
