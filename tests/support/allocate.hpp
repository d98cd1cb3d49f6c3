/// What every `new` of a test program calls that is linked with allocate.cpp; the program defines it.
#pragma once

#include <cstddef>

namespace tokenweir::test {

/// Memory from malloc(); throws std::bad_alloc.
void* allocate(std::size_t bytes);

}  // namespace tokenweir::test
