#include "metrics/quota_trend.hpp"

#include <algorithm>

namespace tokenweir::metrics {
namespace {

double seconds(Duration duration) noexcept { return std::chrono::duration_cast<Seconds>(duration).count(); }

}  // namespace

void QuotaTrend::see(const Quota& quota, Instant at) noexcept {
    if (quota == Quota{} || (at_ && at < *at_)) return;
    last_ = quota;
    at_ = at;
    if (!quota.remaining) return;
    const Point now{at, *quota.remaining};
    if (!anchor_ || now.remaining > anchor_->remaining) {  // the first word, or the limit was filled up
        anchor_ = now;
        decline_ = 0;
    } else if (at - anchor_->at >= window) {
        decline_ = (anchor_->remaining - now.remaining) / seconds(at - anchor_->at);
        anchor_ = now;
    }
}

QuotaTrend::Reading QuotaTrend::read(Instant now) const noexcept {
    if (!at_ || now - *at_ > lifetime) return {};
    const double age = std::max(seconds(now - *at_), 0.0);
    const auto from_now = [&](double wait) { return std::max(wait - age, 0.0); };
    Reading reading{last_.limit, last_.remaining, {}, {}};
    if (last_.reset_seconds) reading.reset_seconds = from_now(*last_.reset_seconds);
    if (last_.remaining && *last_.remaining <= 0)
        reading.exhaustion_seconds = 0;
    else if (last_.remaining && decline_ > 0)
        reading.exhaustion_seconds = from_now(*last_.remaining / decline_);
    return reading;
}

}  // namespace tokenweir::metrics
