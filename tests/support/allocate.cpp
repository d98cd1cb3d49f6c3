#include "tests/support/allocate.hpp"

#include <cstdlib>
#include <new>

void* operator new(std::size_t bytes) { return tokenweir::test::allocate(bytes); }
void* operator new[](std::size_t bytes) { return tokenweir::test::allocate(bytes); }

void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept try {
    return tokenweir::test::allocate(bytes);
} catch (...) {
    return nullptr;
}
void* operator new[](std::size_t bytes, const std::nothrow_t&) noexcept try {
    return tokenweir::test::allocate(bytes);
} catch (...) {
    return nullptr;
}

void operator delete(void* block) noexcept { std::free(block); }
void operator delete[](void* block) noexcept { std::free(block); }
void operator delete(void* block, std::size_t) noexcept { std::free(block); }
void operator delete[](void* block, std::size_t) noexcept { std::free(block); }
