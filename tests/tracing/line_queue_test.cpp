#include "tracing/line_queue.hpp"

#include <doctest/doctest.h>

#include <string>

namespace tokenweir::tracing {
namespace {

std::string line_of(char c, std::size_t bytes) { return std::string(bytes - 1, c) + '\n'; }

TEST_SUITE("line_queue") {
    TEST_CASE("gives back every line in order, whatever their sizes, and again after it was cleared") {
        const std::string lines[] = {line_of('a', 2), line_of('b', LineQueue::block_bytes - 2), line_of('c', 1),
                                     line_of('d', 3 * LineQueue::block_bytes), line_of('e', LineQueue::block_bytes)};
        LineQueue queue;
        for (int round = 0; round < 3; ++round) {
            std::string pushed, got;
            std::size_t count = 0;
            for (int i = 0; i < 20; ++i)
                for (const std::string& line : lines) {
                    queue.push(line);
                    pushed += line;
                }
            queue.for_each([&](std::string_view line) {
                got += line;
                ++count;
            });
            CHECK((got == pushed));
            CHECK(count == 100);
            CHECK(queue.lines() == 100);
            CHECK(queue.bytes() == pushed.size());
            queue.clear();
            CHECK(queue.empty());
            CHECK(queue.bytes() == 0);
        }
    }
}

}  // namespace
}  // namespace tokenweir::tracing
