#include "tracing/call_log.hpp"

#include <pthread.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <new>
#include <utility>

#include "tracing/evaluation_record.hpp"
#include "tracing/record_json.hpp"

namespace tokenweir::tracing {
namespace {

/// What is queued after so many bytes is written without waiting for the interval to end: it is still in the cache.
constexpr std::size_t wake_bytes = std::size_t{512} << 10;

constexpr std::chrono::milliseconds patience{50};
constexpr std::chrono::minutes warning_interval{1};

constexpr std::array<std::string_view, 6> drop_names{"queue_full", "no_space", "broken_pipe",
                                                     "io_error",   "shutdown", "out_of_memory"};

}  // namespace

CallLog::CallLog(CallLogOptions options)
    : options_(std::move(options)),
      wake_at_(std::min(options_.max_queue_bytes / 2, wake_bytes)),
      file_(options_.path),
      rotation_(options_.rotation) {
    static_assert(drop_names.size() == drop_count);
    begin_file();
    thread_ = std::thread([this] { run(); });
    ::pthread_setname_np(thread_.native_handle(), "tw-log");
}

CallLog::~CallLog() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
        stop_by_ = Instant::clock::now() + options_.drain_time;
        pace_.hurry();
    }
    thread_.join();
}

void CallLog::consume(const FinishedCall& call) noexcept {
    enqueue([&](std::string& line) { append_record_json(line, *call); });
}

void CallLog::consume(const SharedEvaluation& evaluation) noexcept {
    enqueue([&](std::string& line) { append_evaluation_json(line, *evaluation); });
}

template <class Append>
void CallLog::enqueue(Append append) noexcept try {
    thread_local std::string line;
    line.clear();
    append(line);
    line += '\n';
    push(line);
    if (line.capacity() > LineQueue::block_bytes) line = {};  // contents can be large
} catch (const std::bad_alloc&) {
    const std::lock_guard lock(mutex_);
    ++dropped_[out_of_memory];
}

void CallLog::push(std::string_view line) {
    const std::lock_guard lock(mutex_);
    if (bytes_ + line.size() > options_.max_queue_bytes) {
        ++dropped_[queue_full];
        return;
    }
    queue_.push(line);
    const bool crossed = bytes_ < wake_at_ && bytes_ + line.size() >= wake_at_;
    bytes_ += line.size();
    crossed ? pace_.hurry() : pace_.rouse();
}

SinkStatistics CallLog::statistics() const {
    const std::lock_guard lock(mutex_);
    SinkStatistics statistics{.name = "call_log",
                              .written = written_,
                              .queued = queue_.lines() + in_hand_,
                              .rotations = {{"success", rotations_}, {"failure", failed_rotations_}}};
    for (std::size_t i = 0; i < drop_count; ++i) statistics.dropped.emplace_back(drop_names[i], dropped_[i]);
    return statistics;
}

void CallLog::reopen() {
    const std::lock_guard lock(mutex_);
    reopen_wanted_ = true;
    pace_.hurry();
}

void CallLog::run() {
    LineQueue batch;
    while (true) {
        std::unique_lock lock(mutex_);
        const auto urgent = [&] { return stopping_ || reopen_wanted_ || (!queue_.empty() && bytes_ >= wake_at_); };
        pace_.rest(lock, options_.interval, urgent, [&] { return queue_.empty() && ends_.empty() && !has_news_; });
        if (stopping_ && queue_.empty()) break;
        std::swap(batch, queue_);
        in_hand_ += batch.lines();
        const bool reopening = std::exchange(reopen_wanted_, false);
        lock.unlock();
        work(batch, reopening);
        batch.clear();
    }
    finish();
}

void CallLog::finish() try {
    settle(0, ends_.size(), Drop::shutdown, 0);  // a line that never got to its end
    next_warning_ = {};                          // there will be no later one
    warn_of_drops();
} catch (const std::bad_alloc&) {
}

void CallLog::work(const LineQueue& batch, bool reopening) try {
    if (reopening) reopen_file();
    write(batch);
    warn_of_drops();
} catch (const std::bad_alloc&) {  // what was in hand is lost, and counted
    lines_.assign(torn_ ? 1 : 0, '\n');
    ends_.clear();
    const std::lock_guard lock(mutex_);
    dropped_[out_of_memory] += std::exchange(in_hand_, 0);
    bytes_ = queue_.bytes();
}

void CallLog::reopen_file() {
    if (file_.is_standard_output()) return;
    const std::error_code error = file_.reopen();
    count_rotation(!error);
    if (error) return warn("cannot reopen " + file_.path() + ": " + error.message());
    settle(0, ends_.size(), io_error, 0);  // half a line in the old file stays half a line
    begin_file();
}

/// Requires: the file ends with a whole line, and nothing waits to be written to it.
void CallLog::rotate(WallTime now) {
    const std::string aside = rotation_.next_name(file_.path(), now);
    const std::error_code error = file_.rotate(aside);
    count_rotation(!error);
    if (error) {
        rotation_.put_off(now);
        return warn("cannot rotate " + file_.path() + " to " + aside + ": " + error.message());
    }
    begin_file();
    rotation_.begin(now);
    if (const auto failure = remove_rotated(file_.path(), rotation_.keep()))
        warn("cannot remove what was rotated away from " + file_.path() + ": " + failure.message());
}

void CallLog::count_rotation(bool succeeded) {
    const std::lock_guard lock(mutex_);
    ++(succeeded ? rotations_ : failed_rotations_);
}

WallTime CallLog::now() const { return options_.now ? options_.now() : std::chrono::system_clock::now(); }

void CallLog::begin_file() {
    rotation_.begin(file_.written_at());
    torn_ = file_.ends_mid_line();
    lines_.assign(torn_ ? 1 : 0, '\n');
    ends_.clear();
}

void CallLog::write(const LineQueue& batch) {
    std::size_t bytes = 0;
    const WallTime time = now();
    batch.for_each([&](std::string_view line) {
        const std::uint64_t size = file_.bytes() + lines_.size();
        if (file_.is_regular() && rotation_.is_due(size, size + line.size(), time)) {
            flush(std::exchange(bytes, 0));
            if (lines_.empty() && file_.bytes() > 0) rotate(time);
        }
        lines_ += line;
        ends_.push_back(lines_.size());
        bytes += line.size();
        if (lines_.size() >= LineQueue::block_bytes) flush(std::exchange(bytes, 0));
    });
    flush(bytes);
}

void CallLog::flush(std::size_t bytes) {
    Drop reason = io_error;
    const std::size_t sent = ends_.empty() ? 0 : send(reason);
    const auto unsent = std::ranges::upper_bound(ends_, sent);
    const auto written = static_cast<std::size_t>(unsent - ends_.begin());
    std::size_t dropped = ends_.size() - written;
    if (dropped > 0) {
        // A line of which a part is in the file is completed by a later attempt; the others are given up.
        const std::size_t start = written == 0 ? 0 : ends_[written - 1];
        torn_ = sent > start || (torn_ && written == 0);
        if (torn_) {
            lines_.erase(*unsent).erase(0, sent);
            ends_.assign(1, lines_.size());
            --dropped;
        }
    } else {
        torn_ = torn_ && written == 0;
    }
    if (!torn_) {
        lines_.clear();
        ends_.clear();
    }
    settle(written, dropped, reason, bytes);
}

/// Writes `lines_` from its beginning; returns how much of it went, and why the rest did not.
std::size_t CallLog::send(Drop& reason) {
    std::size_t sent = 0;
    while (sent < lines_.size()) {
        const auto [count, error] = file_.write_some(std::string_view(lines_).substr(sent), patience);
        sent += count;
        if (error && error != std::errc::operation_would_block) {
            last_error_ = error;
            reason = reason_of(error);
            break;
        }
        if (out_of_time()) {
            reason = Drop::shutdown;
            break;
        }
    }
    return sent;
}

CallLog::Drop CallLog::reason_of(const std::error_code& error) noexcept {
    if (error == std::errc::no_space_on_device || error == std::errc::file_too_large || error.value() == EDQUOT)
        return no_space;
    if (error == std::errc::broken_pipe) return broken_pipe;
    return io_error;
}

bool CallLog::out_of_time() const {
    const std::lock_guard lock(mutex_);
    return stopping_ && Instant::clock::now() >= stop_by_;
}

void CallLog::settle(std::size_t written, std::size_t dropped, Drop reason, std::size_t bytes) {
    const std::lock_guard lock(mutex_);
    written_ += written;
    dropped_[reason] += dropped;
    in_hand_ -= written + dropped;
    bytes_ -= bytes;
}

void CallLog::warn_of_drops() {
    const SinkStatistics now = statistics();
    std::uint64_t drops = 0;
    std::string reasons;
    for (const auto& [reason, count] : now.dropped) {
        drops += count;
        if (count > 0)
            reasons.append(reasons.empty() ? "" : ", ").append(reason).append(1, ' ').append(std::to_string(count));
    }
    has_news_ = drops != reported_drops_;
    if (!has_news_ || Instant::clock::now() < next_warning_) return;
    has_news_ = false;
    reported_drops_ = drops;
    next_warning_ = Instant::clock::now() + warning_interval;
    warn("records dropped so far: " + reasons +
         (last_error_ ? "; " + file_.path() + ": " + last_error_.message() : ""));
}

void CallLog::warn(const std::string& what) {
    if (options_.warn) return options_.warn(what);
    std::fprintf(stderr, "tokenweir: call log: %s\n", what.c_str());
}

}  // namespace tokenweir::tracing
