#include "observation/llm_call.hpp"

#include <doctest/doctest.h>

using namespace tokenweir;
using namespace std::chrono_literals;

TEST_SUITE("llm_call") {
    TEST_CASE("a quantile of gaps lies in the bucket that holds its rank and never above the maximum") {
        OutputGaps gaps;
        for (int i = 0; i < 99; ++i) gaps.add(0.03, 5);
        gaps.add(7, 5);
        CHECK(gaps.total == 100);
        CHECK(gaps.stalls == 1);
        CHECK(gaps.max_seconds == 7);
        CHECK(gaps.quantile(0.5) > 0.02);
        CHECK(gaps.quantile(0.5) <= 0.04);
        CHECK(gaps.quantile(1.0) == doctest::Approx(7));
    }

    TEST_CASE("a gap of exactly the stall threshold is not a stall") {
        OutputGaps gaps;
        gaps.add(5, 5);
        CHECK(gaps.stalls == 0);
    }

    TEST_CASE("overhead is the duration without the phases and never negative") {
        Timings timings;
        timings.ended = timings.started + 10ms;
        timings.add(Phase::upstream_wait, 6ms);
        timings.add(Phase::generation, 3ms);
        CHECK(timings.overhead() == Duration(1ms));
        timings.add(Phase::generation, 3ms);
        CHECK(timings.overhead() == Duration::zero());
    }

    TEST_CASE("memory counts the text that a call keeps alive") {
        LlmCall call;
        const auto empty = memory_of(call);
        call.path.assign(1000, 'x');
        CHECK(memory_of(call) >= empty + 900);
    }
}
