#include "tracing/metrics_push.hpp"

#include <pthread.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <new>
#include <utility>

#include "observation/message_text.hpp"

namespace tokenweir::tracing {
namespace {

std::uint64_t unix_nanos(WallTime time) noexcept {
    return static_cast<std::uint64_t>(time.time_since_epoch() / std::chrono::nanoseconds(1));
}

/// Collecting takes milliseconds, for which no call should wait. (Linux: a nice value is a thread's own.)
void yield_to_workers() noexcept {
    constexpr int niceness = 10;
    ::setpriority(PRIO_PROCESS, 0, niceness);
}

constexpr std::size_t max_points = 256;  // of one piece
constexpr std::size_t smallest_batch = std::size_t{16} << 10;

/// The metric in pieces that are small enough for any batch.
template <class Visit>
void for_each_piece(Metric& metric, const Visit& visit) {
    if (metric.points.size() <= max_points) return visit(metric);
    std::vector<MetricPoint> points = std::move(metric.points);
    for (std::size_t begin = 0; begin < points.size(); begin += max_points) {
        const auto first = points.begin() + static_cast<std::ptrdiff_t>(begin);
        const auto last = first + static_cast<std::ptrdiff_t>(std::min(max_points, points.size() - begin));
        metric.points.assign(std::move_iterator(first), std::move_iterator(last));
        visit(metric);
    }
}

}  // namespace

MetricsPush::MetricsPush(MetricsPushOptions options, const MetricSource& source, WallTime start,
                         std::unique_ptr<MetricsFormat> format, std::unique_ptr<ExportTransport> transport)
    : options_(std::move(options)),
      source_(source),
      start_(unix_nanos(start)),
      format_(std::move(format)),
      transport_(std::move(transport)),
      batch_bytes_(options_.max_batch_bytes),
      thread_([this] { run(); }) {
    ::pthread_setname_np(thread_.native_handle(), "tw-otlp_metrics");
}

MetricsPush::~MetricsPush() {
    const Instant stop_by = Instant::clock::now() + options_.drain_time;
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
        stop_by_ = stop_by;
    }
    wake_.notify_one();
    transport_->end_by(stop_by);
    thread_.join();
}

void MetricsPush::run() {
    yield_to_workers();
    Backoff backoff(options_.first_pause, options_.longest_pause);
    Instant due = Instant::clock::now() + options_.interval;
    for (bool last = false; !last; due = std::max(due, Instant::clock::now())) {
        last = !wait_until(due);
        const ExportAnswer answer = push();
        const Verdict verdict = judge(answer);
        if (verdict == Verdict::unsupported && options_.optional) return;
        report(answer);
        if (verdict == Verdict::too_large) batch_bytes_ = std::max(batch_bytes_ / 2, smallest_batch);
        const bool soon = verdict == Verdict::again || verdict == Verdict::too_large;
        if (!soon) backoff.reset();
        due = soon ? Instant::clock::now() + backoff.after(answer) : due + options_.interval;
    }
}

/// False: the process is about to end.
bool MetricsPush::wait_until(Instant instant) {
    std::unique_lock lock(mutex_);
    return !wake_.wait_until(lock, instant, [&] { return stopping_; });
}

/// The answer to the first request that was not taken, or to the last one.
ExportAnswer MetricsPush::push() try {
    const MetricWindow window{.start = start_, .time = unix_nanos(std::chrono::system_clock::now())};
    std::string pieces, piece;
    ExportAnswer answer{.status = 200};
    const auto taken = [&] { return judge(answer) == Verdict::delivered; };
    for (Metric& metric : source_.read()) {
        for_each_piece(metric, [&](const Metric& part) {
            piece.clear();
            format_->append(piece, part, window);
            if (!pieces.empty() && pieces.size() + piece.size() > batch_bytes_ && taken())
                answer = post(std::exchange(pieces, {}));
            pieces += piece;
        });
        if (!taken()) return answer;
    }
    return pieces.empty() ? answer : post(pieces);
} catch (const std::bad_alloc&) {
    return {.failure = "out of memory"};
}

ExportAnswer MetricsPush::post(std::string_view pieces) {
    Payload payload;
    enclose(payload, *format_, pieces, options_.gzip);
    const Instant deadline = Instant::clock::now() + options_.timeout;
    const Instant stop_by = [&] {
        const std::lock_guard lock(mutex_);
        return stop_by_;
    }();
    return transport_->post(payload, std::min(deadline, stop_by));
}

void MetricsPush::report(const ExportAnswer& answer) try {
    std::string problem;
    if (judge(answer) != Verdict::delivered) {
        problem = answer.status == 0 ? answer.failure : "status " + std::to_string(answer.status);
    } else if (const PartialSuccess partial = format_->read_answer(answer.body); partial.rejected > 0) {
        problem = "rejects " + std::to_string(partial.rejected) + " points: " + in_quotes(partial.message);
    }
    const bool fails = !problem.empty();
    if (fails == failing_) return;  // no news
    say(std::string(transport_->destination()) + ": " + (fails ? problem : "takes metrics again"));
    failing_ = fails;
} catch (const std::bad_alloc&) {  // it is said after the next push
}

void MetricsPush::say(const std::string& what) const {
    if (options_.say) return options_.say(what);
    std::fprintf(stderr, "tokenweir: otlp_metrics: %s\n", what.c_str());
}

}  // namespace tokenweir::tracing
