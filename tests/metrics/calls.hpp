/// Calls for the tests of everything that reports them.
#pragma once

#include <memory>

#include "observation/call_sink.hpp"

namespace tokenweir::test {

/// A streamed chat of one route and model: 100 tokens in, 40 of them read from the cache; 20 out, 5 of them reasoning.
inline LlmCall streamed_chat() {
    using namespace std::chrono_literals;
    LlmCall call;
    call.route = "openai";
    call.operation = "chat";
    call.provider = "openai";
    call.request_model = "gpt-5-mini";
    call.settings.stream = true;
    call.generation = true;
    call.status = 200;
    call.response_streamed = true;
    call.usage = {.input = 100,
                  .output = 20,
                  .cache_read = 40,
                  .cache_creation = {},
                  .reasoning = 5,
                  .source = UsageSource::reported};
    call.timings.ended = call.timings.started + 1500ms;
    call.timings.first_byte = call.timings.started + 125ms;
    call.timings.first_token = call.timings.started + 250ms;
    call.timings.first_answer = call.timings.started + 500ms;
    call.timings.add(Phase::upstream_wait, 125ms);
    call.timings.add(Phase::generation, 1375ms - 62500us);
    call.finish_reasons = {"stop"};
    call.output_events = 3;
    call.gaps.add(0.25, 0.5);
    call.gaps.add(0.75, 0.5);
    call.request_body_bytes = 512;
    call.response_body_bytes = 2048;
    return call;
}

inline FinishedCall finished(LlmCall call) { return std::make_shared<const LlmCall>(std::move(call)); }

}  // namespace tokenweir::test
