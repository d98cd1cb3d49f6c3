/// A request to a back end, what its answer means for the records that were sent, and when to try again.
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

#include "observation/random.hpp"
#include "tracing/export_format.hpp"
#include "tracing/export_transport.hpp"

namespace tokenweir::tracing {

enum class Verdict : std::uint8_t {
    delivered,    ///< 2xx; some of it may have been rejected
    again,        ///< no answer, 429, 502, 503, 504: send the same once more, later (OTLP/HTTP, retryable responses)
    too_large,    ///< 413: send it in smaller pieces
    unsupported,  ///< 404, 405, 501: there is nothing at this path that takes such records
    refused       ///< anything else: sending it again would be refused again
};

Verdict judge(const ExportAnswer& answer) noexcept;

/// Makes `payload` the request that holds `pieces` (export_format.hpp): views of them, unless it is compressed.
void enclose(Payload& payload, const PayloadFormat& format, std::string_view pieces, bool gzipped);

/// Growing pauses with a random part, so that many senders do not come back at once.
class Backoff {
public:
    Backoff(std::chrono::milliseconds first, std::chrono::milliseconds longest) noexcept
        : first_(first), longest_(longest), next_(first) {}

    /// How long to wait after `answer`: at least as long as it asks for, if that is less than an hour.
    std::chrono::milliseconds after(const ExportAnswer& answer) noexcept;
    void reset() noexcept { next_ = first_; }

private:
    std::chrono::milliseconds first_, longest_, next_;
    Random random_;
};

}  // namespace tokenweir::tracing
