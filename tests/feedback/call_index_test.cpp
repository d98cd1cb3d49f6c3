#include "feedback/call_index.hpp"

#include <doctest/doctest.h>

#include <new>

#include "tests/feedback/calls.hpp"
#include "tests/support/scarce_memory.hpp"

namespace tokenweir::feedback {
namespace {

using test::chat;

constexpr std::size_t plenty = std::size_t{1} << 20;

Instant at(int second) { return Instant(std::chrono::seconds(second)); }

TEST_SUITE("call_index") {
    TEST_CASE("a call is found by each of its ids") {
        CallIndex index(plenty);
        const LlmCall call = chat(1);
        index.add(evaluated(call), at(1));
        const EvaluatedCall expected = evaluated(call);
        CHECK(expected.trace->tracestate.empty());
        REQUIRE(index.by_call_id(call.id.view()) != nullptr);
        CHECK(*index.by_call_id(call.id.view()) == expected);
        CHECK(index.by_response_id("resp_1") == index.by_call_id(call.id.view()));
        for (const SpanId& span : {call.trace->span_id, call.trace->parent_span_id})
            CHECK(index.by_span(call.trace->trace_id, span) == index.by_call_id(call.id.view()));
        CHECK(index.by_span({1}, call.trace->span_id) == nullptr);
        CHECK(index.by_span(call.trace->trace_id, {7}) == nullptr);
        CHECK(index.by_response_id("resp_2") == nullptr);
        CHECK(index.by_call_id("") == nullptr);
    }

    TEST_CASE("a span with several calls in it stands for none of them") {
        CallIndex index(plenty);
        LlmCall first = chat(1), second = chat(2);
        second.trace->trace_id = first.trace->trace_id;
        second.trace->parent_span_id = first.trace->parent_span_id;
        index.add(evaluated(first), at(1));
        index.add(evaluated(second), at(2));
        CHECK(index.by_span(first.trace->trace_id, first.trace->parent_span_id) == nullptr);
        CHECK(index.by_span(first.trace->trace_id, second.trace->span_id)->id == second.id);
    }

    TEST_CASE("of two calls with one response id the later one is meant, also when the earlier one is forgotten") {
        CallIndex index(5'000);
        LlmCall first = chat(1), second = chat(2);
        second.response_id = first.response_id;
        index.add(evaluated(first), at(1));
        index.add(evaluated(second), at(2));
        CHECK(index.by_response_id("resp_1")->id == second.id);
        for (std::uint8_t i = 3; index.by_call_id(first.id.view()) != nullptr; ++i)
            index.add(evaluated(chat(i)), at(i));
        REQUIRE(index.by_response_id("resp_1") != nullptr);
        CHECK(index.by_response_id("resp_1")->id == second.id);
    }

    TEST_CASE("it holds what fits, the newest, and nothing of what it has forgotten") {
        CallIndex index(100'000);
        std::vector<LlmCall> calls;
        for (int i = 0; i < 1000; ++i) {
            LlmCall call = chat(static_cast<std::uint8_t>(i));
            call.response_id = "resp_" + std::to_string(i);
            call.trace->trace_id[2] = static_cast<std::uint8_t>(i >> 8);
            calls.push_back(call);
            index.add(evaluated(call), at(i));
        }
        CHECK(index.size() > 50);
        CHECK(index.size() < 200);
        CHECK(index.oldest() == at(1000 - static_cast<int>(index.size())));
        for (std::size_t i = 0; i < calls.size(); ++i) {
            const bool known = i >= calls.size() - index.size();
            CHECK((index.by_call_id(calls[i].id.view()) != nullptr) == known);
            CHECK((index.by_response_id(calls[i].response_id) != nullptr) == known);
            CHECK((index.by_span(calls[i].trace->trace_id, calls[i].trace->span_id) != nullptr) == known);
        }
    }

    TEST_CASE("long strings count for what they take") {
        CallIndex index(100'000);
        for (int i = 0; i < 20; ++i) {
            LlmCall call = chat(static_cast<std::uint8_t>(i));
            call.request_model = std::string(20'000, 'm');
            index.add(evaluated(call), at(i));
        }
        CHECK(index.size() == 4);
    }

    TEST_CASE("wherever memory runs out, what it holds is found and forgotten as if nothing had been") {
        const LlmCall first = chat(1), second = chat(2);
        const EvaluatedCall call = evaluated(second);
        bool was_short = true;
        for (std::size_t n = 0; was_short; ++n) {
            CallIndex index(5'000);
            index.add(evaluated(first), at(1));
            CHECK(index.by_response_id("resp_1") != nullptr);
            {
                const test::ScarceMemory scarce(n);
                try {
                    index.add(call, at(2));
                    index.by_response_id("resp_2");
                } catch (const std::bad_alloc&) {
                }
                was_short = scarce.was_short();
            }
            if (n % 2 == 0) {  // else the call is forgotten before anybody asks again
                CHECK(index.by_call_id(first.id.view()) != nullptr);
                const bool is_there = index.size() == 2;
                CHECK((index.by_response_id("resp_2") != nullptr) == is_there);
                for (const SpanId& span : {call.trace->span_id, call.trace->parent_span_id})
                    CHECK((index.by_span(call.trace->trace_id, span) != nullptr) == is_there);
            }
            for (std::uint8_t i = 3; i < 20; ++i) index.add(evaluated(chat(i)), at(i));
            CHECK(index.by_call_id(first.id.view()) == nullptr);
            CHECK(index.by_call_id(second.id.view()) == nullptr);
            CHECK(index.by_response_id("resp_2") == nullptr);
            index.add(call, at(20));
            CHECK(index.by_response_id("resp_2") != nullptr);
            for (const SpanId& span : {call.trace->span_id, call.trace->parent_span_id})
                CHECK(index.by_span(call.trace->trace_id, span) != nullptr);
        }
    }

    TEST_CASE("a call without trace and response is found by its id alone") {
        CallIndex index(plenty);
        LlmCall call = chat(1);
        call.trace.reset();
        call.response_id.clear();
        index.add(evaluated(call), at(1));
        CHECK(index.by_call_id(call.id.view()) != nullptr);
        CHECK(index.by_response_id("") == nullptr);
    }
}

}  // namespace
}  // namespace tokenweir::feedback
