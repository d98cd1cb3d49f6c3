/// What the connections of one thread share. Nothing here is touched by another thread, but for the resolver.
#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "observation/call_enricher.hpp"
#include "observation/call_id.hpp"
#include "observation/call_sink.hpp"
#include "observation/head_decorator.hpp"
#include "observation/proxy_counters.hpp"
#include "observation/trace_source.hpp"
#include "proxy/resolver.hpp"
#include "proxy/setup.hpp"
#include "proxy/timer_wheel.hpp"

namespace tokenweir::proxy {

/// Reads towards a client are smaller than towards an upstream: what a stuck reader leaves over is kept in memory.
inline constexpr std::size_t request_read_bytes = 64 * 1024;
inline constexpr std::size_t response_read_bytes = 32 * 1024;

/// Bytes of further requests that a client may send ahead while one is being served.
inline constexpr std::size_t pipeline_bytes = 64 * 1024;

/// How long a client may take to read a reply of our own.
inline constexpr std::chrono::seconds reply_time{5};

/// Reads of one connection in a row before the thread's other connections get their turn.
inline constexpr int reads_in_a_row = 16;

/// How often a client is looked at that is not read: from one turn of the wheel to the next.
inline constexpr auto look_delay = TimerWheel::tick / 2;

/// When to look once more for an end of stream that a short read may have hidden.
inline constexpr std::chrono::milliseconds probe_delay{100};

struct Routing;

struct Services {
    boost::asio::io_context& io;
    std::shared_ptr<const Setup> setup;  ///< the present one; what outlives an event keeps its own
    ProxyCounters& counters;
    const TraceSource& traces;
    const HeadDecorator& decorator;
    const CallEnricher& enricher;
    CallSink& sink;
    Resolver& resolver;  ///< of all threads
    TimerWheel wheel{io};
    CallIdSource call_ids{};
    std::shared_ptr<const Routing> routing{};  ///< of the present setup
    bool draining = false;

    /// One buffer for all connections of the thread: what is in it is dealt with before the event loop goes on.
    std::vector<char> read_buffer = std::vector<char>(request_read_bytes);

    /// Reused for every head that is parsed or written. Valid until the next suspension.
    RequestHead request_head{};
    ResponseHead response_head{};
    std::string scratch{};
    std::string target{};
    HeadChanges head_changes{};
    std::vector<std::string_view> payloads{};  ///< of the piece being relayed, chunk framing left out

    std::span<char> buffer(std::size_t bytes) noexcept { return std::span(read_buffer).first(bytes); }
    const Config& config() const noexcept { return setup->config; }
    Instant now() const noexcept { return wheel.clock().now(); }
};

}  // namespace tokenweir::proxy
