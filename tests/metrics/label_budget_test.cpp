#include "metrics/label_budget.hpp"

#include <doctest/doctest.h>

#include <string>

#include "tests/metrics/allocation_probe.hpp"

namespace tokenweir::metrics {

TEST_SUITE("label_budget") {
    TEST_CASE("admits as many values as it was given and calls the rest other") {
        LabelBudget budget(2);
        const auto first = budget.admit("gpt-5"), second = budget.admit("claude");
        CHECK(budget.text(first) == "gpt-5");
        CHECK(budget.text(second) == "claude");
        CHECK(budget.admit("grok") == LabelBudget::other);
        CHECK(budget.text(LabelBudget::other) == "other");
        CHECK(budget.admit("gpt-5") == first);
        CHECK(budget.find("claude") == second);
    }

    TEST_CASE("does not decide on an unknown value while there is room, and calls it other when there is none") {
        LabelBudget budget(1);
        CHECK(budget.find("a") == std::nullopt);
        budget.admit("a");
        CHECK(budget.find("b") == LabelBudget::other);
    }

    TEST_CASE("with a budget of nothing everything is other but the absent value") {
        LabelBudget budget(0);
        CHECK(budget.find("a") == LabelBudget::other);
        CHECK(budget.find("") == LabelBudget::absent);
        CHECK(budget.text(LabelBudget::absent) == "");
    }

    TEST_CASE("a value called other is the overflow itself and takes no room") {
        LabelBudget budget(1);
        CHECK(budget.admit("other") == LabelBudget::other);
        CHECK(budget.text(budget.admit("a")) == "a");
    }

    TEST_CASE("tells values apart by their first 128 bytes") {
        LabelBudget budget(10);
        const std::string full(LabelBudget::max_value_bytes, 'm');
        const auto id = budget.admit(full);
        CHECK(budget.find(full + "x") == id);
        CHECK(budget.text(id) == full);
        CHECK(budget.find(full.substr(1)) == std::nullopt);
    }

    TEST_CASE("never cuts a code point and shows ill-formed UTF-8 as U+FFFD, so that a scrape stays readable") {
        LabelBudget budget(10);
        const std::string before(LabelBudget::max_value_bytes - 1, 'm');
        CHECK(budget.text(budget.admit(before + "\xC3\xA9")) == before);
        CHECK(budget.text(budget.admit("a\xFFz")) == "a\xEF\xBF\xBDz");
    }

    TEST_CASE("values that are shown alike are one value: two series of the same labels are no exposition") {
        LabelBudget budget(10);
        const auto id = budget.admit("a\xFFz");
        CHECK(budget.admit("a\xFEz") == id);
        CHECK(budget.admit("a\xEF\xBF\xBDz") == id);
        const std::string longer(LabelBudget::max_value_bytes, '\xFF');  // in U+FFFD: and so one of them ends early
        CHECK(budget.admit(longer) == budget.admit(longer.substr(1)));
    }

    TEST_CASE("a hundred thousand values leave it as small as its budget") {
        LabelBudget budget(200);
        for (int i = 0; i < 200; ++i) budget.admit("model-" + std::to_string(i));
        const std::string beyond = "one-too-many-whatever-its-name-may-be";
        const auto before = test::allocations();
        for (int i = 0; i < 100'000; ++i) budget.admit(beyond);
        CHECK(test::allocations() == before);
    }
}

}  // namespace tokenweir::metrics
