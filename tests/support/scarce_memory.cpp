#include "tests/support/scarce_memory.hpp"

#include <cstdlib>
#include <new>

#include "tests/support/allocate.hpp"

namespace tokenweir::test {
namespace {

thread_local bool is_scarce = false, has_failed = false;
thread_local std::size_t left = 0;

}  // namespace

void* allocate(std::size_t bytes) {
    if (is_scarce && left == 0) {
        has_failed = true;
        throw std::bad_alloc();
    }
    if (is_scarce) --left;
    if (void* block = std::malloc(bytes == 0 ? 1 : bytes)) return block;
    throw std::bad_alloc();
}

ScarceMemory::ScarceMemory(std::size_t n) noexcept {
    left = n;
    has_failed = false;
    is_scarce = true;
}

ScarceMemory::~ScarceMemory() { is_scarce = false; }

bool ScarceMemory::was_short() const noexcept { return has_failed; }

}  // namespace tokenweir::test
