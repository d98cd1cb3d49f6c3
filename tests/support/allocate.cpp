#include "tests/support/allocate.hpp"

#include <cstdlib>
#include <new>

void* operator new(std::size_t bytes) { return tokenweir::test::allocate(bytes); }
void* operator new[](std::size_t bytes) { return tokenweir::test::allocate(bytes); }
void operator delete(void* block) noexcept { std::free(block); }
void operator delete[](void* block) noexcept { std::free(block); }
void operator delete(void* block, std::size_t) noexcept { std::free(block); }
void operator delete[](void* block, std::size_t) noexcept { std::free(block); }
