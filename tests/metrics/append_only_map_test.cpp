#include "metrics/append_only_map.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <thread>

namespace tokenweir::metrics {
namespace {

struct Identity {
    std::size_t operator()(int key) const noexcept { return static_cast<std::size_t>(key); }
};
struct Collision {
    std::size_t operator()(int) const noexcept { return 7; }
};

TEST_SUITE("append_only_map") {
    TEST_CASE("finds what was inserted and nothing else, however often it grows") {
        AppendOnlyMap<int, int, Identity> map;
        for (int i = 0; i < 1000; ++i) {
            CHECK(map.find(i) == nullptr);
            map.insert(i, i * 2);
        }
        for (int i = 0; i < 1000; ++i) CHECK(*map.find(i) == i * 2);
        CHECK(map.find(1000) == nullptr);
        CHECK(map.size() == 1000);
    }

    TEST_CASE("tells keys apart that share a hash") {
        AppendOnlyMap<int, int, Collision> map;
        for (int i = 0; i < 100; ++i) map.insert(i, i);
        for (int i = 0; i < 100; ++i) CHECK(*map.find(i) == i);
        CHECK(map.find(100) == nullptr);
    }

    TEST_CASE("values stay in place while the map grows") {
        AppendOnlyMap<int, int, Identity> map;
        const int* first = &map.insert(0, 42);
        for (int i = 1; i < 1000; ++i) map.insert(i, i);
        CHECK(map.find(0) == first);
    }

    TEST_CASE("readers see whole values while a writer inserts") {
        AppendOnlyMap<int, std::pair<int, int>, Identity> map;
        std::atomic<bool> whole{true};
        {
            std::jthread reader([&] {
                for (int i = 0; i < 2000;) {
                    const auto* value = map.find(i);
                    if (value == nullptr) continue;
                    if (*value != std::pair(i, -i)) whole = false;
                    ++i;
                }
            });
            for (int i = 0; i < 2000; ++i) map.insert(i, i, -i);
        }
        CHECK(whole);
    }
}

}  // namespace
}  // namespace tokenweir::metrics
