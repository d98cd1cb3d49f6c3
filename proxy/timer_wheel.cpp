#include "proxy/timer_wheel.hpp"

#include <algorithm>
#include <utility>

namespace tokenweir::proxy {

namespace {

template <std::size_t... Is>
std::array<Deadline, sizeof...(Is)> list_heads(TimerWheel& wheel, std::index_sequence<Is...>) {
    return {((void)Is, Deadline(wheel))...};
}

}  // namespace

void Deadline::link_before(Deadline& head) noexcept {
    next_ = &head;
    previous_ = head.previous_;
    previous_->next_ = this;
    head.previous_ = this;
}

void Deadline::unlink() noexcept {
    if (next_ == nullptr) return;
    next_->previous_ = previous_;
    previous_->next_ = next_;
    next_ = previous_ = nullptr;
    --wheel_.count_;
}

void Deadline::set(Instant at, Callback callback) {
    at_ = at;
    callback_ = callback;
    if (next_ != nullptr && looked_at_ <= at) return;  // the wheel comes by earlier and will look again
    unlink();
    wheel_.insert(*this);
}

void Deadline::cancel() noexcept {
    callback_ = {};
    unlink();
}

TimerWheel::TimerWheel(boost::asio::io_context& io)
    : timer_(io), slots_(list_heads(*this, std::make_index_sequence<slot_count>{})), now_(clock_.now()) {
    for (Deadline& head : slots_) head.next_ = head.previous_ = &head;
}

void TimerWheel::insert(Deadline& deadline) {
    if (count_ == 0 && !ticking_) now_ = clock_.now();  // the wheel stood still
    const auto ahead = std::clamp<std::int64_t>((deadline.at_ - now_) / tick + 1, 1, slot_count - 1);
    deadline.looked_at_ = now_ + ahead * tick;
    deadline.link_before(slots_[(position_ + static_cast<std::size_t>(ahead)) % slot_count]);
    ++count_;
    if (!ticking_) start_timer();
}

void TimerWheel::start_timer() {
    ticking_ = true;
    timer_.expires_after(tick);
    timer_.async_wait([this](boost::system::error_code error) {
        if (error) return;
        advance(clock_.now());
        ticking_ = false;
        if (count_ > 0) start_timer();
    });
}

void TimerWheel::advance(Instant now) {
    while (now_ + tick <= now) {
        now_ += tick;
        position_ = (position_ + 1) % slot_count;
        // Whatever a callback sets lands in a later slot, so this list only gets shorter.
        Deadline& head = slots_[position_];
        while (head.next_ != &head) {
            Deadline& due = *head.next_;
            due.unlink();
            if (due.at_ > now_) {
                insert(due);
            } else if (const Callback callback = std::exchange(due.callback_, {})) {
                callback();  // may destroy `due`
            }
        }
    }
}

}  // namespace tokenweir::proxy
