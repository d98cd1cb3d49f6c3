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

MetricsPush::MetricsPush(MetricsPushOptions options, const MetricSource& source, PushCounters& counters, WallTime start,
                         std::unique_ptr<MetricsFormat> format, std::unique_ptr<ExportTransport> transport)
    : options_(std::move(options)),
      source_(source),
      counters_(counters),
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
        const Pushed pushed = push();
        const PushResult result = result_of(pushed);
        counters_.count(result);
        if (result == PushResult::unsupported) return;
        report(pushed);
        const Verdict verdict = judge(pushed.answer);
        if (verdict == Verdict::too_large) batch_bytes_ = std::max(batch_bytes_ / 2, smallest_batch);
        const bool soon = verdict == Verdict::again || verdict == Verdict::too_large;
        if (!soon) backoff.reset();
        due = soon ? Instant::clock::now() + backoff.after(pushed.answer) : due + options_.interval;
    }
}

/// False: the process is about to end.
bool MetricsPush::wait_until(Instant instant) {
    std::unique_lock lock(mutex_);
    return !wake_.wait_until(lock, instant, [&] { return stopping_; });
}

MetricsPush::Pushed MetricsPush::push() try {
    const MetricWindow window{.start = start_, .time = unix_nanos(std::chrono::system_clock::now())};
    std::string pieces, piece;
    Pushed pushed;
    const auto taken = [&] { return judge(pushed.answer) == Verdict::delivered; };
    for (Metric& metric : source_.read()) {
        for_each_piece(metric, [&](const Metric& part) {
            piece.clear();
            format_->append(piece, part, window);
            if (!pieces.empty() && pieces.size() + piece.size() > batch_bytes_ && taken())
                post(std::exchange(pieces, {}), pushed);
            pieces += piece;
        });
        if (!taken()) return pushed;
    }
    if (!pieces.empty()) post(pieces, pushed);
    return pushed;
} catch (const std::bad_alloc&) {
    return {.answer = {.failure = "out of memory"}, .out_of_memory = true};
}

void MetricsPush::post(std::string_view pieces, Pushed& pushed) {
    Payload payload;
    enclose(payload, *format_, pieces, options_.gzip);
    const Instant deadline = Instant::clock::now() + options_.timeout;
    const Instant stop_by = [&] {
        const std::lock_guard lock(mutex_);
        return stop_by_;
    }();
    pushed.answer = transport_->post(payload, std::min(deadline, stop_by));
    if (judge(pushed.answer) != Verdict::delivered) return;
    PartialSuccess partial = format_->read_answer(pushed.answer.body);
    if (partial.rejected <= 0) return;
    if (pushed.partial.rejected == 0) pushed.partial.message = std::move(partial.message);
    pushed.partial.rejected += partial.rejected;
}

PushResult MetricsPush::result_of(const Pushed& pushed) const noexcept {
    if (pushed.out_of_memory) return PushResult::out_of_memory;
    switch (judge(pushed.answer)) {
        case Verdict::delivered: return pushed.partial.rejected > 0 ? PushResult::partial : PushResult::delivered;
        case Verdict::again: return PushResult::unavailable;
        case Verdict::too_large: return PushResult::too_large;
        case Verdict::unsupported: return options_.optional ? PushResult::unsupported : PushResult::refused;
        case Verdict::refused: break;
    }
    return PushResult::refused;
}

void MetricsPush::report(const Pushed& pushed) try {
    const auto& [answer, partial, out_of_memory] = pushed;
    std::string problem;
    if (judge(answer) != Verdict::delivered)
        problem = answer.status == 0 ? answer.failure : "status " + std::to_string(answer.status);
    else if (partial.rejected > 0)
        problem = "rejects " + std::to_string(partial.rejected) + " points: " + in_quotes(partial.message);
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
