/// What is added to a call once it has ended and before the sinks see it, such as its cost.
#pragma once

#include "observation/llm_call.hpp"

namespace tokenweir {

class CallEnricher {
public:
    virtual ~CallEnricher() = default;

    /// Called once per call, on the I/O thread that served it; must not block, wait or throw.
    virtual void enrich(LlmCall& call) const noexcept = 0;
};

}  // namespace tokenweir
