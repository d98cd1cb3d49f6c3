/// The way to a back end, as the exporter sees it: a payload goes out, an answer comes back or does not.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "observation/clock.hpp"

namespace tokenweir::tracing {

struct Payload {
    std::string_view content_type{};
    bool gzipped = false;
    std::string body{};
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
