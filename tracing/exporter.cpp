#include "tracing/exporter.hpp"

#include <pthread.h>

#include <algorithm>
#include <cstdio>
#include <new>
#include <span>
#include <utility>

#include "observation/message_text.hpp"

namespace tokenweir::tracing {
namespace {

constexpr std::chrono::minutes report_interval{1};

constexpr std::array<std::string_view, 8> drop_names{"queue_full", "refused",      "too_large", "gave_up",
                                                     "spool_full", "spool_failed", "shutdown",  "out_of_memory"};

}  // namespace

Exporter::Exporter(ExporterOptions options, std::unique_ptr<ExportFormat> format,
                   std::unique_ptr<ExportTransport> transport)
    : options_(std::move(options)),
      format_(std::move(format)),
      transport_(std::move(transport)),
      backoff_(options_.first_pause, options_.longest_pause) {
    static_assert(drop_names.size() == drop_count);
    batch_.spent.reserve(max_spent);
    if (!options_.spool_directory.empty()) {
        spool_.emplace(options_.spool_directory, options_.max_spool_bytes);
        spooled_ = restored_ = spool_->records();
    }
    thread_ = std::thread([this] { run(); });
    ::pthread_setname_np(thread_.native_handle(), ("tw-" + std::string(options_.name)).c_str());
}

Exporter::~Exporter() {
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

void Exporter::consume(const FinishedCall& call) noexcept { enqueue(call, !options_.wanted || options_.wanted(*call)); }

void Exporter::consume(const SharedEvaluation& evaluation) noexcept { enqueue(evaluation, true); }

void Exporter::enqueue(Record record, bool is_for_us) noexcept try {
    const std::size_t memory = is_for_us ? memory_of(record) : 0;
    Spent spent;  // freed here, without the lock
    const std::lock_guard lock(mutex_);
    spent = spent_.take();
    if (!is_for_us || unsupported_) {
        ++(is_for_us ? unsupported_records_ : unsampled_);
        return;
    }
    if (memory_ + memory > options_.max_queue_bytes || queue_.size() + in_hand_ >= options_.max_queue_records) {
        ++dropped_[queue_full];
        return;
    }
    queue_.push_back({std::move(record), memory});
    const std::size_t half = options_.max_queue_bytes / 2;
    const bool crossed = memory_ < half && memory_ + memory >= half;
    memory_ += memory;
    if (crossed || queue_.size() == options_.max_batch_records) wake_.notify_one();
} catch (const std::bad_alloc&) {
    const std::lock_guard lock(mutex_);
    ++dropped_[out_of_memory];
}

SinkStatistics Exporter::statistics() const {
    const std::lock_guard lock(mutex_);
    SinkStatistics statistics{.name = options_.name,
                              .written = written_,
                              .queued = queue_.size() + in_hand_ + spooled_,
                              .declined = {{"unsampled", unsampled_}, {"unsupported", unsupported_records_}},
                              .restored = restored_};
    for (std::size_t i = 0; i < drop_count; ++i) statistics.dropped.emplace_back(drop_names[i], dropped_[i]);
    return statistics;
}

void Exporter::run() {
    std::vector<Queued> records;
    while (true) {
        {
            std::unique_lock lock(mutex_);
            const auto urgent = [&] {
                return stopping_ || queue_.size() >= options_.max_batch_records ||
                       (!queue_.empty() && memory_ >= options_.max_queue_bytes / 2);
            };
            wake_.wait_for(lock, options_.interval, urgent);
            if (stopping_ && queue_.empty()) break;
            records.swap(queue_);
            in_hand_ += records.size();
            while (records.empty() && !spent_.empty()) batch_.spent.push_back(spent_.take());  // nobody fetches them
        }
        batch_.clear();
        work(records);
        records.clear();
    }
    next_report_ = {};  // whatever is to be said is said now
    work(records);
}

void Exporter::work(std::vector<Queued>& records) try {
    empty_spool();
    write(records);
    report(Instant::clock::now());
} catch (const std::bad_alloc&) {  // what was in hand is lost, and counted
    batch_.clear();
    const std::lock_guard lock(mutex_);
    const std::uint64_t still_spooled = spool_ ? spool_->records() : 0;  // also those that were being sent
    in_hand_ -= still_spooled - std::exchange(spooled_, still_spooled);
    dropped_[out_of_memory] += std::exchange(in_hand_, 0);
    memory_ = 0;
    for (const Queued& queued : queue_) memory_ += queued.memory;
}

void Exporter::write(std::vector<Queued>& records) {
    for (auto& [record, memory] : records) {
        const std::size_t before = batch_.pieces.size();
        std::visit([&](const auto& held) { format_->append(batch_.pieces, *held); }, record);
        if (!batch_.ends.empty() && batch_.pieces.size() > options_.max_batch_bytes) {
            const std::string piece(batch_.pieces.bytes().substr(before));
            batch_.pieces.cut(before);
            deliver_batch();
            batch_.pieces.raw(piece);
        }
        batch_.ends.push_back(batch_.pieces.size());
        batch_.memory += memory;
        Spent spent = std::visit([](auto& held) -> Spent { return std::move(held); }, record);
        if (memory <= largest_spent && batch_.spent.size() < max_spent) batch_.spent.push_back(std::move(spent));
        if (batch_.ends.size() == options_.max_batch_records) deliver_batch();
    }
    if (!batch_.ends.empty()) deliver_batch();
}

void Exporter::deliver_batch() {
    deliver(batch_.pieces.bytes(), batch_.ends);
    hand_back();
    batch_.clear();
}

void Exporter::deliver(std::string_view pieces, const std::vector<std::size_t>& ends) {
    enclose(payload_, *format_, pieces, options_.gzip);
    const bool must_wait = failing_ && Instant::clock::now() < retry_at_;
    if (spool_ && (must_wait || !spool_->empty())) return spool(payload_, ends.size());
    if (!send_until_settled(payload_, ends.size())) split(pieces, ends);
}

/// False: the back end wants it in smaller pieces.
bool Exporter::send_until_settled(const Payload& payload, std::size_t records) {
    const Instant begun = Instant::clock::now();
    while (true) {
        const Verdict verdict = send(payload, records);
        if (verdict != Verdict::again) return verdict != Verdict::too_large;
        if (spool_) {
            spool(payload, records);
            return true;
        }
        report(Instant::clock::now());
        const bool too_late = options_.give_up.count() > 0 && retry_at_ - begun > options_.give_up;
        if (too_late || !wait_until(retry_at_)) {
            settle(0, records, too_late ? gave_up : shutdown);
            return true;
        }
    }
}

void Exporter::split(std::string_view pieces, const std::vector<std::size_t>& ends) {
    if (ends.size() == 1) return settle(0, 1, too_large);
    const std::size_t half = ends.size() / 2, cut = ends[half - 1];
    deliver(pieces.substr(0, cut), {ends.begin(), ends.begin() + static_cast<std::ptrdiff_t>(half)});
    std::vector<std::size_t> rest(ends.begin() + static_cast<std::ptrdiff_t>(half), ends.end());
    for (std::size_t& end : rest) end -= cut;
    deliver(pieces.substr(cut), rest);
}

void Exporter::spool(const Payload& payload, std::size_t records) {
    const Spool::Stored stored = spool_->store(payload, records);
    if (stored != Spool::Stored::yes)
        return settle(0, records, stored == Spool::Stored::full ? spool_full : spool_failed);
    const std::lock_guard lock(mutex_);
    in_hand_ -= records;
    spooled_ += records;
}

/// Oldest first, until the back end fails or calls are waiting that would fill the queue.
void Exporter::empty_spool() {
    while (spool_ && !spool_->empty() && Instant::clock::now() >= retry_at_ && !out_of_time()) {
        const std::size_t records = spool_->front_records();
        {
            const std::lock_guard lock(mutex_);
            if (memory_ >= options_.max_queue_bytes / 2) return;
            spooled_ -= records;
            in_hand_ += records;
        }
        const auto payload = spool_->front();
        const Verdict verdict = payload ? send(*payload, records) : Verdict::refused;
        if (verdict == Verdict::again) {
            const std::lock_guard lock(mutex_);
            in_hand_ -= records;
            spooled_ += records;
            return;
        }
        if (!payload) settle(0, records, spool_failed);
        if (verdict == Verdict::too_large) settle(0, records, too_large);
        spool_->pop();
    }
}

/// Settles the records unless they are to be sent again, or in smaller pieces.
Verdict Exporter::send(const Payload& payload, std::size_t records) {
    Instant deadline = Instant::clock::now() + options_.timeout;
    {
        const std::lock_guard lock(mutex_);
        if (stopping_) deadline = std::min(deadline, stop_by_);
    }
    const ExportAnswer answer = transport_->post(payload, deadline);
    const Verdict verdict = judge(answer);
    failing_ = verdict == Verdict::again;
    if (!failing_) backoff_.reset();
    if (verdict != Verdict::delivered)
        last_error_ = answer.status == 0 ? answer.failure : "status " + std::to_string(answer.status);
    switch (verdict) {
        case Verdict::delivered: {
            const PartialSuccess partial = format_->read_answer(answer.body);
            if (!partial.message.empty()) last_error_ = in_quotes(partial.message);
            // Which ones were rejected is not said: as if no two parts belonged to one call.
            const auto lost = static_cast<std::size_t>(
                std::clamp<std::int64_t>(partial.rejected, 0, static_cast<std::int64_t>(records)));
            settle(records - lost, lost, refused);
            break;
        }
        case Verdict::again: retry_at_ = Instant::clock::now() + backoff_.after(answer); break;
        case Verdict::too_large: break;
        case Verdict::unsupported: {
            if (!options_.optional) {
                settle(0, records, refused);
                break;
            }
            const std::lock_guard lock(mutex_);
            in_hand_ -= records;
            unsupported_records_ += records;
            unsupported_ = written_ == 0;
            break;
        }
        case Verdict::refused: settle(0, records, refused); break;
    }
    return verdict;
}

void Exporter::settle(std::size_t written, std::size_t dropped, Drop reason) {
    const std::lock_guard lock(mutex_);
    written_ += written;
    dropped_[reason] += dropped;
    in_hand_ -= written + dropped;
}

/// An allocator takes memory back cheaply, and without a lock, on the thread that it was allocated on. What is too much
/// is freed here.
void Exporter::hand_back() noexcept {
    const std::lock_guard lock(mutex_);
    memory_ -= std::exchange(batch_.memory, 0);
    for (Spent& spent : batch_.spent) spent = spent_.add(std::move(spent));
}

/// False: the process is about to end, and `instant` would be too late.
bool Exporter::wait_until(Instant instant) {
    std::unique_lock lock(mutex_);
    wake_.wait_until(lock, instant, [&] { return stopping_ && stop_by_ <= instant; });
    return !stopping_ || instant < stop_by_;
}

bool Exporter::out_of_time() const {
    const std::lock_guard lock(mutex_);
    return stopping_ && Instant::clock::now() >= stop_by_;
}

void Exporter::report(Instant now) {
    const SinkStatistics figures = statistics();
    std::uint64_t drops = 0;
    std::string reasons;
    for (const auto& [reason, count] : figures.dropped) {
        if (count == 0) continue;
        drops += count;
        reasons.append(reasons.empty() ? "" : ", ").append(reason).append(1, ' ').append(std::to_string(count));
    }
    const bool recovered = said_failing_ && !failing_;
    const bool news = recovered || drops != reported_drops_ || (failing_ && !said_failing_);
    if (!news || (now < next_report_ && !recovered)) return;
    next_report_ = now + report_interval;
    reported_drops_ = drops;
    said_failing_ = failing_;
    std::string text = std::string(transport_->destination());
    if (recovered) text += ": takes records again";
    if (!recovered && !last_error_.empty()) text.append(": ").append(std::exchange(last_error_, {}));
    if (failing_) text += spool_ ? "; records are spooled" : "; records are queued";
    if (drops > 0) text.append("; records dropped so far: ").append(reasons);
    say(text);
}

void Exporter::say(const std::string& what) const {
    if (options_.say) return options_.say(what);
    std::fprintf(stderr, "tokenweir: %.*s: %s\n", static_cast<int>(options_.name.size()), options_.name.data(),
                 what.c_str());
}

}  // namespace tokenweir::tracing
