#include "feedback/implicit_signals.hpp"

#include <doctest/doctest.h>

#include <new>

#include "tests/feedback/calls.hpp"
#include "tests/support/scarce_memory.hpp"

namespace tokenweir::feedback {
namespace {

using namespace std::chrono_literals;
using test::chat;

constexpr FeedbackOptions both{.regenerate = true, .abort = true, .regenerate_window = 60s};

/// A chat of a second that began so long after the first.
LlmCall asked(std::uint8_t number, Duration after, std::uint64_t prompt = 5) {
    LlmCall call = chat(number);
    call.prompt_hash = prompt;
    call.timings.started += after;
    call.timings.ended += after;
    call.timings.started_at += std::chrono::duration_cast<WallTime::duration>(after);
    return call;
}

/// The names of all signals, in their order.
std::string signals_of(const std::vector<LlmCall>& calls, const FeedbackOptions& options = both) {
    ImplicitSignals signals(options);
    std::string names;
    for (const LlmCall& call : calls)
        for (const Evaluation& evaluation : signals.consider(call)) names += evaluation.name + " ";
    return names;
}

template <class Change>
LlmCall changed(LlmCall call, Change change) {
    change(call);
    return call;
}

TEST_SUITE("implicit_signals") {
    TEST_CASE("the same prompt again says something of the answer before") {
        ImplicitSignals signals(both);
        const LlmCall first = asked(1, 0s), second = asked(2, 10s);
        CHECK(signals.consider(first).empty());
        CHECK(signals.consider(second) == std::vector<Evaluation>{{.time = second.timings.started_at,
                                                                   .source = EvaluationSource::implicit,
                                                                   .name = "regenerate",
                                                                   .label = "regenerated",
                                                                   .call = evaluated(first)}});
    }

    TEST_CASE("a client that leaves in the middle says something of that answer") {
        ImplicitSignals signals(both);
        const LlmCall left = changed(asked(1, 0s), [](LlmCall& call) { call.outcome = Outcome::cancelled_mid_stream; });
        CHECK(signals.consider(left) == std::vector<Evaluation>{{.time = test::began + 1s,
                                                                 .source = EvaluationSource::implicit,
                                                                 .name = "abort",
                                                                 .label = "aborted",
                                                                 .call = evaluated(left)}});
    }

    TEST_CASE("nothing else does") {
        CHECK(signals_of({asked(1, 0s, 5), asked(2, 10s, 6)}).empty());
        CHECK(signals_of({asked(1, 0s, 0), asked(2, 10s, 0)}).empty());
        CHECK(signals_of({asked(1, 0s), asked(2, 61s)}) == "regenerate ");  // a minute after its end
        CHECK(signals_of({asked(1, 0s), asked(2, 62s)}).empty());
        CHECK(signals_of({asked(1, 0s), asked(2, 999ms)}).empty());  // both were wanted
        CHECK(signals_of({asked(1, 0s), asked(2, 10s)}, {.abort = true}).empty());
        const auto second = [](auto change) { return signals_of({asked(1, 0s), changed(asked(2, 10s), change)}); };
        CHECK(second([](LlmCall& call) { call.client_retry_count = 0; }) == "regenerate ");
        CHECK(second([](LlmCall& call) { call.client_retry_count = 1; }).empty());
        CHECK(second([](LlmCall& call) { call.enduser_id = "other"; }).empty());
        CHECK(second([](LlmCall& call) { call.conversation_id = "other"; }).empty());
        CHECK(second([](LlmCall& call) { call.client_address = "other"; }).empty());
        CHECK(second([](LlmCall& call) { call.api_key_hash = "other"; }).empty());
        CHECK(second([](LlmCall& call) { call.request_model = "other"; }) == "regenerate ");
        CHECK(second([](LlmCall& call) { call.operation = "embeddings"; }).empty());
        const auto first = [](Outcome outcome) {
            return signals_of({changed(asked(1, 0s), [&](LlmCall& call) { call.outcome = outcome; }), asked(2, 10s)});
        };
        CHECK(first(Outcome::cancelled_mid_stream) == "abort regenerate ");
        for (const Outcome outcome : {Outcome::upstream_error, Outcome::rate_limited, Outcome::timeout,
                                      Outcome::cancelled_before_first_token, Outcome::truncated})
            CHECK(first(outcome).empty());
    }

    TEST_CASE("wherever memory runs out, the calls that follow are considered as ever") {
        const LlmCall second = asked(2, 10s), third = asked(3, 20s), later = asked(4, 10min, 6);
        bool was_short = true;
        for (std::size_t n = 0; was_short; ++n) {
            ImplicitSignals signals(both);
            signals.consider(asked(1, 0s));
            {
                const test::ScarceMemory scarce(n);
                try {
                    signals.consider(second);
                } catch (const std::bad_alloc&) {
                }
                was_short = scarce.was_short();
            }
            CHECK(signals.consider(third).size() == 1);
            CHECK(signals.consider(later).empty());
        }
        for (std::size_t n = 0; n < 20; ++n) {
            ImplicitSignals signals(both);
            {
                const test::ScarceMemory scarce(n);
                try {
                    signals.consider(second);
                } catch (const std::bad_alloc&) {
                }
            }
            CHECK(signals.consider(third).size() <= 1);
            CHECK(signals.consider(later).empty());
        }
    }

    TEST_CASE("each time is compared with the last answer") {
        CHECK(signals_of({asked(1, 0s), asked(2, 40s), asked(3, 80s), asked(4, 120s)}) ==
              "regenerate regenerate regenerate ");
    }

    TEST_CASE("more prompts than it remembers push out the oldest") {
        ImplicitSignals signals(both);
        const std::size_t count = ImplicitSignals::max_prompts;
        for (std::uint64_t i = 0; i <= count; ++i) CHECK(signals.consider(asked(1, 0s, i + 1)).empty());
        CHECK(signals.consider(asked(2, 10s, 1)).empty());
        CHECK(signals.consider(asked(2, 10s, count)).size() == 1);
    }
}

}  // namespace
}  // namespace tokenweir::feedback
