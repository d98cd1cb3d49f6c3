/// Where finished calls go: the seam between the proxy and everything that reports them.
#pragma once

#include <memory>

#include "observation/llm_call.hpp"

namespace tokenweir {

/// A finished call is immutable and shared by all sinks.
using FinishedCall = std::shared_ptr<const LlmCall>;

class CallSink {
public:
    virtual ~CallSink() = default;

    /// Called once per call, on the I/O thread that served it; must not block, wait or throw.
    virtual void consume(const FinishedCall& call) noexcept = 0;
};

}  // namespace tokenweir
