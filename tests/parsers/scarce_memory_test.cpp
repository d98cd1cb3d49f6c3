// How a call ended is told whatever there is no memory for.
#include "tests/support/scarce_memory.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

#include "parsers/call_observer.hpp"

using namespace tokenweir;
using namespace tokenweir::parsers;

namespace {

struct Answer {
    const char* name;
    int status;
    std::string_view type, body;
    EndCause cause;
};

constexpr std::string_view request =
    R"({"model": "a-model-with-a-name-that-needs-memory", "messages": [{"role": "user", "content": "Who are you?"}]})";

constexpr std::string_view error =
    R"({"error": {"type": "an_error_with_a_name_that_needs_memory", "code": "insufficient_quota_of_your_plan"}})";

constexpr std::string_view event =
    "data: {\"id\": \"chatcmpl-0123456789012345678901234567890\", \"choices\": [{\"delta\": {\"content\": "
    "\"I\"}}]}\n\n";

constexpr std::string_view document =
    R"({"id": "chatcmpl-0123456789012345678901234567890", "choices": [{"message": {"content": "I"}}]})";

constexpr Answer answers[]{
    {"a document", 200, "application/json", document, EndCause::complete},
    {"an error", 400, "application/json", error, EndCause::complete},
    {"a rate limit", 429, "application/json", error, EndCause::complete},
    {"a stream that was cut", 200, "text/event-stream", event, EndCause::upstream_closed},
    {"a stream that nobody waited for", 200, "text/event-stream", event, EndCause::client_gone},
    {"nothing in time", 0, "", "", EndCause::first_byte_timeout},
};

void observe(const Answer& answer, const ObserverOptions& options, const RouteFacts& route, LlmCall& call) {
    const Field asked[]{{"User-Agent", "an-agent-with-a-name-that-needs-memory/1.0"}};
    const Field answered[]{{"Content-Type", answer.type}};
    CallObserver observer(options, call, {}, {}, {});
    observer.request_head({"POST", "/v1/chat/completions", "/v1/chat/completions", asked, "127.0.0.1"}, route);
    observer.request_piece(request);
    if (answer.status != 0) observer.response_head({answer.status, answered});
    observer.response_piece(answer.body, {});
    observer.finish(answer.cause, answer.status == 0 ? 504 : answer.status, {});
}

}  // namespace

TEST_SUITE("scarce_memory") {
    TEST_CASE("wherever memory runs out, a call has the outcome that it would have had") {
        const ObserverOptions options;
        for (const auto capture : {ContentCapture::off, ContentCapture::full}) {
            const RouteFacts route{"a-route-with-a-name-that-needs-memory", "up.test", 443, "", capture};
            for (const Answer& answer : answers) {
                LlmCall expected;
                observe(answer, options, route, expected);
                bool was_short = true;
                for (std::size_t n = 0; was_short; ++n) {
                    CAPTURE(std::string(answer.name));
                    CAPTURE(n);
                    LlmCall call;
                    {
                        const test::ScarceMemory scarce(n);
                        observe(answer, options, route, call);
                        was_short = scarce.was_short();
                    }
                    CHECK(call.outcome == expected.outcome);
                    CHECK((call == expected || call.decoding != Decoding::complete));
                }
            }
        }
    }
}
