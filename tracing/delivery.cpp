#include "tracing/delivery.hpp"

#include <algorithm>

#include "tracing/gzip.hpp"

namespace tokenweir::tracing {

Verdict judge(const ExportAnswer& answer) noexcept {
    if (answer.status >= 200 && answer.status < 300) return Verdict::delivered;
    switch (answer.status) {
        case 0:
        case 429:
        case 502:
        case 503:
        case 504: return Verdict::again;
        case 413: return Verdict::too_large;
        case 404:
        case 405:
        case 501: return Verdict::unsupported;
        default: return Verdict::refused;
    }
}

void enclose(Payload& payload, const PayloadFormat& format, std::string_view pieces, bool gzipped) {
    payload.content_type = format.content_type();
    payload.gzipped = gzipped;
    payload.head.clear();
    payload.tail.clear();
    format.enclose(payload, pieces);
    if (!gzipped) return;
    payload.head = gzip(payload.parts());
    payload.items = {};
    payload.tail.clear();
}

std::chrono::milliseconds Backoff::after(const ExportAnswer& answer) noexcept {
    using std::chrono::milliseconds;
    constexpr milliseconds longest_asked = std::chrono::hours(1);
    constexpr int parts = 1024;
    const auto some = next_ * static_cast<int>(random_.next() % parts) / parts;  // half to one and a half of it
    const milliseconds pause = next_ / 2 + some;
    next_ = std::min(next_ * 2, longest_);
    const milliseconds asked = answer.retry_after.value_or(std::chrono::seconds(0));
    return std::max(pause, std::min(asked, longest_asked));
}

}  // namespace tokenweir::tracing
