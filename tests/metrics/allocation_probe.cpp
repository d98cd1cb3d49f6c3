#include "tests/metrics/allocation_probe.hpp"

#include <cstdlib>
#include <new>

#include "tests/support/allocate.hpp"

namespace tokenweir::test {
namespace {

thread_local std::size_t count = 0;
thread_local std::size_t hold_at_count = 0;
thread_local AllocationGate* gate = nullptr;

}  // namespace

std::size_t allocations() noexcept { return count; }

void AllocationGate::hold_at(std::size_t n) noexcept {
    hold_at_count = count + n;
    gate = this;
}

void AllocationGate::leave() noexcept {
    gate = nullptr;
    const std::lock_guard lock(mutex_);
    left_ = true;
    changed_.notify_all();
}

bool AllocationGate::wait_until_held() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return held_ || left_; });
    return held_;
}

void AllocationGate::open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
}

void AllocationGate::arrive() noexcept {
    std::unique_lock lock(mutex_);
    held_ = true;
    changed_.notify_all();
    changed_.wait(lock, [&] { return open_; });
}

void* allocate(std::size_t bytes) {
    if (++count == hold_at_count && gate != nullptr) gate->arrive();
    if (void* block = std::malloc(bytes == 0 ? 1 : bytes)) return block;
    throw std::bad_alloc();
}

}  // namespace tokenweir::test
