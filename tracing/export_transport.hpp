/// The way to a back end, as the exporter sees it: a payload goes out, an answer comes back or does not.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "observation/clock.hpp"

namespace tokenweir::tracing {

/// A request's body in three parts, so that what is in a batch need not be copied to be sent.
struct Payload {
    std::string_view content_type{};
    bool gzipped = false;
    std::string head{};        ///< what is before the items; all of it if it was compressed or read from a spool
    std::string_view items{};  ///< of the batch, which has to outlive it
    std::string tail{};

    std::array<std::string_view, 3> parts() const noexcept { return {head, items, tail}; }
    std::size_t size() const noexcept { return head.size() + items.size() + tail.size(); }
};

struct ExportAnswer {
    int status = 0;  ///< 0: there was none
    std::string body{};
    std::optional<std::chrono::seconds> retry_after{};
    std::string failure{};  ///< what went wrong, for people, where there was no answer
};

class ExportTransport {
public:
    virtual ~ExportTransport() = default;

    /// Sends and waits, until `deadline` at most.
    virtual ExportAnswer post(const Payload& payload, Instant deadline) = 0;

    /// From any thread: whatever is being waited for ends by then.
    virtual void end_by(Instant deadline) = 0;

    /// For messages: the URL without credentials.
    virtual std::string_view destination() const noexcept = 0;
};

}  // namespace tokenweir::tracing
