/// A mock LLM endpoint: answers like OpenAI and Anthropic, at the times and with the faults that a request asks for.
///
/// Plain HTTP/1.1. What it speaks and which headers steer it is in docs/mock.md.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "mock/counts.hpp"

namespace tokenweir::mock {

class MockServer {
public:
    /// Listens and serves on a thread of its own from here on. Port 0 takes any free one.
    /// Throws boost::system::system_error when the address cannot be had.
    explicit MockServer(const std::string& host = "127.0.0.1", std::uint16_t port = 0);

    MockServer(const MockServer&) = delete;
    MockServer& operator=(const MockServer&) = delete;

    /// Stops.
    ~MockServer();

    std::uint16_t port() const noexcept { return port_; }

    /// Any thread; valid as long as the server, stopped or not.
    const Counts& counts() const noexcept { return counts_; }

    /// Drops every connection at once and ends the thread; harmless when repeated. Not from two threads at a time.
    void stop() noexcept;

private:
    struct Loop;

    Counts counts_;
    std::unique_ptr<Loop> loop_;
    std::uint16_t port_;
};

}  // namespace tokenweir::mock
