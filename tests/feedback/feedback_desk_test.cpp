#include "feedback/feedback_desk.hpp"

#include <doctest/doctest.h>

#include <new>
#include <optional>
#include <thread>

#include "tests/feedback/calls.hpp"
#include "tests/support/scarce_memory.hpp"

namespace tokenweir::feedback {
namespace {

using namespace std::chrono_literals;
using test::chat;
using test::finished;

using Result = Receipt::Result;

constexpr WallTime now = test::began + 10s;

FeedbackRequest about(SubjectKind kind, std::string subject) {
    return {.subject_kind = kind, .subject = std::move(subject), .name = "n", .score = 1, .comment = "c"};
}
FeedbackRequest about(const CallId& id) { return about(SubjectKind::call_id, std::string(id.view())); }

Evaluation said_of(EvaluatedCall call, std::string comment = "c") {
    return {.time = now, .name = "n", .score = 1, .explanation = std::move(comment), .call = std::move(call)};
}

std::uint64_t count(const CountsByReason& counts, std::string_view reason) {
    for (const auto& [its, value] : counts)
        if (its == reason) return value;
    return 0;
}

constexpr std::string_view spans_parent = "00-09010000000000000000000000000000-0201000000000000-01";

TEST_SUITE("feedback_desk") {
    TEST_CASE("feedback on a call that has ended is recorded with what is known of the call") {
        test::Evaluations sink;
        FeedbackDesk desk({}, sink);
        const LlmCall call = chat(1);
        desk.consume(finished(call));
        const Receipt expected{.call = evaluated(call)};
        CHECK(desk.submit(about(call.id), now) == expected);
        CHECK(desk.submit(about(SubjectKind::response_id, "resp_1"), now) == expected);
        CHECK(desk.submit(about(SubjectKind::traceparent, std::string(spans_parent)), now) == expected);
        const Evaluation said = said_of(evaluated(call));
        CHECK(sink.all() == std::vector<Evaluation>{said, said, said});
        CHECK(desk.statistics().written == 1);
        CHECK(desk.feedback_statistics().requests ==
              CountsByReason{{"recorded", 3}, {"held", 0}, {"unknown", 0}, {"refused", 0}, {"invalid", 0}});
        CHECK(desk.feedback_statistics().indexed == 1);
    }

    TEST_CASE("a traceparent needs no call") {
        test::Evaluations sink;
        FeedbackDesk desk({}, sink);
        const TraceContext context{.trace_id = {9, 1}, .span_id = {2, 1}, .sampled = true};
        const EvaluatedCall expected{.trace = context};
        CHECK(desk.submit(about(SubjectKind::traceparent, std::string(spans_parent)), now) ==
              Receipt{.call = expected});
        CHECK(sink.all() == std::vector<Evaluation>{said_of(expected)});
    }

    TEST_CASE("ids that nobody knows are not taken") {
        test::Evaluations sink;
        FeedbackDesk desk({}, sink);
        CHECK(desk.submit(about(SubjectKind::response_id, "resp_1"), now).result == Result::unknown);
        CHECK(desk.submit(about(SubjectKind::call_id, "nonsense"), now).result == Result::unknown);
        const std::string foreign = "0192f0c1-2b3c-7d4e-8f90-a1b2c3d4e5f6";
        if (!time_of_own(foreign))  // once in 65536
            CHECK(desk.submit(about(SubjectKind::call_id, foreign), now).result == Result::unknown);
        CHECK(sink.all().empty());
        CHECK(count(desk.feedback_statistics().requests, "unknown") >= 2);
    }

    TEST_CASE("feedback that comes before its call has ended waits for it") {
        test::Evaluations sink;
        FeedbackDesk desk({.hold = 1h}, sink);
        const LlmCall call = chat(1, CallIdSource().next(std::chrono::system_clock::now()));
        const WallTime early = std::chrono::system_clock::now();
        CHECK(desk.submit(about(call.id), early) == Receipt{.result = Result::held, .call = {.id = call.id}});
        CHECK(desk.submit(about(call.id), early).result == Result::held);
        CHECK(desk.feedback_statistics().held == 2);
        CHECK(sink.all().empty());
        desk.consume(finished(call));
        CHECK(desk.feedback_statistics().requests.size() == 5);
        while (desk.feedback_statistics().held > 0) std::this_thread::yield();
        Evaluation said = said_of(evaluated(call));
        said.time = early;
        CHECK(sink.all() == std::vector<Evaluation>{said, said});
    }

    TEST_CASE("a call that does not end in time, or is long forgotten, is named by its id alone") {
        test::Evaluations sink;
        const WallTime at = std::chrono::system_clock::now();
        const CallId running = CallIdSource().next(at), old = CallIdSource().next(at - 24h);
        FeedbackDesk desk({.hold = 1ms}, sink);
        CHECK(desk.submit(about(running), at).result == Result::held);
        while (desk.feedback_statistics().held > 0) std::this_thread::yield();
        CHECK(desk.submit(about(old), at) == Receipt{.call = {.id = old}});
        Evaluation of_running = said_of({.id = running}), of_old = said_of({.id = old});
        of_running.time = of_old.time = at;
        CHECK(sink.all() == std::vector<Evaluation>{of_running, of_old});
    }

    TEST_CASE("what is held at the end goes out") {
        test::Evaluations sink;
        const CallId running = CallIdSource().next(std::chrono::system_clock::now());
        { FeedbackDesk({}, sink).submit(about(running), std::chrono::system_clock::now()); }
        REQUIRE(sink.all().size() == 1);
        CHECK(sink.all()[0].call == EvaluatedCall{.id = running});
    }

    TEST_CASE("it holds so much and no more") {
        test::Evaluations sink;
        FeedbackDesk desk({.hold = 1h}, sink);
        CallIdSource ids;
        const WallTime at = std::chrono::system_clock::now();
        for (std::size_t i = 0; i < FeedbackDesk::max_held; ++i)
            REQUIRE(desk.submit(about(ids.next(at)), at).result == Result::held);
        CHECK(desk.submit(about(ids.next(at)), at).result == Result::full);
        CHECK(desk.feedback_statistics().held == FeedbackDesk::max_held);
        CHECK(count(desk.feedback_statistics().requests, "refused") == 1);
    }

    TEST_CASE("one call holds so much of that and no more") {
        test::Evaluations sink;
        FeedbackDesk desk({.hold = 1h}, sink);
        CallIdSource ids;
        const WallTime at = std::chrono::system_clock::now();
        const CallId one = ids.next(at);
        for (std::size_t i = 0; i < FeedbackDesk::max_held_per_call; ++i)
            REQUIRE(desk.submit(about(one), at).result == Result::held);
        CHECK(desk.submit(about(one), at) == Receipt{.result = Result::call_full, .call = {.id = one}});
        CHECK(desk.submit(about(ids.next(at)), at).result == Result::held);
        CHECK(count(desk.feedback_statistics().requests, "refused") == 1);
    }

    TEST_CASE("a call that generated nothing has ended too, and is named by its id alone") {
        test::Evaluations sink;
        FeedbackDesk desk({.hold = 1h}, sink);
        const WallTime at = std::chrono::system_clock::now();
        LlmCall models = chat(1, CallIdSource().next(at));
        models.generation = false;
        CHECK(desk.submit(about(models.id), at).result == Result::held);
        desk.consume(finished(models));
        CHECK(desk.submit(about(models.id), at) == Receipt{.call = {.id = models.id}});
        while (desk.feedback_statistics().held > 0) std::this_thread::yield();
        Evaluation said = said_of({.id = models.id});
        said.time = at;
        CHECK(sink.all() == std::vector<Evaluation>{said, said});
    }

    TEST_CASE("comments are thrown away where they are not wanted") {
        test::Evaluations sink;
        FeedbackDesk desk({.record_comments = false}, sink);
        const LlmCall call = chat(1);
        desk.consume(finished(call));
        desk.submit(about(call.id), now);
        CHECK(sink.all() == std::vector<Evaluation>{said_of(evaluated(call), "")});
    }

    TEST_CASE("calls that generate nothing are declined, and every call is accounted for from many threads") {
        test::Evaluations sink;
        FeedbackDesk desk({}, sink);
        LlmCall models = chat(1);
        models.generation = false;
        {
            std::vector<std::jthread> threads;
            for (int t = 0; t < 3; ++t)
                threads.emplace_back([&] {
                    for (int i = 0; i < 1000; ++i) desk.consume(finished(i % 4 == 0 ? models : chat(2)));
                });
        }
        const SinkStatistics statistics = desk.statistics();
        CHECK(count(statistics.declined, "no_generation") == 750);
        CHECK(statistics.written + statistics.queued + count(statistics.dropped, "queue_full") == 2250);
    }

    TEST_CASE("wherever memory runs out, each call is accounted for and what was held goes out") {
        const WallTime at = std::chrono::system_clock::now();
        bool was_short = true;
        for (std::size_t n = 0; was_short; ++n) {
            test::Evaluations sink;
            FeedbackDesk desk({.hold = 1h, .regenerate = true, .abort = true}, sink);
            LlmCall call = chat(1, CallIdSource().next(at));
            call.outcome = Outcome::cancelled_mid_stream;
            call.prompt_hash = 7;
            REQUIRE(desk.submit(about(call.id), at).result == Result::held);
            const FinishedCall ended = finished(call);
            const FeedbackRequest request = about(SubjectKind::response_id, "resp_1");
            {
                const test::ScarceMemory scarce(n);
                desk.consume(ended);
                try {
                    desk.submit(request, at);
                } catch (const std::bad_alloc&) {  // what is not taken is not answered with 202
                }
                was_short = scarce.was_short();
            }
            while (desk.statistics().queued + desk.feedback_statistics().held > 0) std::this_thread::yield();
            const SinkStatistics statistics = desk.statistics();
            CHECK(statistics.written + count(statistics.dropped, "out_of_memory") == 1);
            std::size_t held = 0;
            for (const Evaluation& said : sink.all()) held += said.call.id == call.id && said.name == "n" ? 1U : 0U;
            CHECK(held >= 1);
            CHECK(held <= 2);
        }
    }

    TEST_CASE("signals of clients go the same way") {
        test::Evaluations sink;
        FeedbackDesk desk({.abort = true}, sink);
        LlmCall left = chat(1);
        left.outcome = Outcome::cancelled_mid_stream;
        desk.consume(finished(left));
        while (desk.statistics().queued > 0) std::this_thread::yield();
        REQUIRE(sink.all().size() == 1);
        CHECK(sink.all()[0].name == "abort");
    }
}

}  // namespace
}  // namespace tokenweir::feedback
