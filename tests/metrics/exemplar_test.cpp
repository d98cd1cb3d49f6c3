#include "metrics/exemplar.hpp"

#include <doctest/doctest.h>

#include <thread>
#include <vector>

namespace tokenweir::metrics {
namespace {

Exemplar at(double time, std::uint8_t who = 1) { return {{who}, {who}, static_cast<double>(who), time}; }

TEST_SUITE("exemplar") {
    TEST_CASE("a slot keeps the last one, and lets it stand for a second") {
        ExemplarSlot slot;
        CHECK(slot.read() == std::nullopt);
        slot.offer(at(10, 1));
        CHECK(slot.read() == at(10, 1));
        slot.offer(at(10.9, 2));
        CHECK(slot.read() == at(10, 1));
        slot.offer(at(11, 3));
        CHECK(slot.read() == at(11, 3));
    }

    TEST_CASE("a clock that was set back does not keep an old one for ever") {
        ExemplarSlot slot;
        slot.offer(at(1000, 1));
        slot.offer(at(999, 2));
        CHECK(slot.read() == at(999, 2));
    }

    TEST_CASE("what is read was offered as a whole, whoever writes at the time") {
        ExemplarSlot slot;
        std::vector<std::jthread> writers;
        for (std::uint8_t who = 1; who <= 3; ++who)
            writers.emplace_back([&, who] {
                for (int i = 0; i < 20'000; ++i) slot.offer(at(i * 2.0 + who * 1e6, who));
            });
        for (int i = 0; i < 20'000; ++i)
            if (const auto exemplar = slot.read()) {
                const auto who = static_cast<std::uint8_t>(exemplar->value);
                CHECK(*exemplar == at(exemplar->time, who));
            }
    }
}

}  // namespace
}  // namespace tokenweir::metrics
