#include "tracing/tracestate.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace tokenweir::tracing {
namespace {

std::string joined(const std::vector<std::string>& fields) {
    std::string members;
    for (const std::string& field : fields)
        if (!join_tracestate(members, field)) return "refused";
    return members;
}

std::string many(int count) {
    std::string text;
    for (int i = 0; i < count; ++i) text.append(i == 0 ? "" : ",").append("k" + std::to_string(i) + "=v");
    return text;
}

TEST_SUITE("tracestate") {
    TEST_CASE("members of several fields are joined; empty ones and the white space around them go") {
        CHECK(joined({"a=1"}) == "a=1");
        CHECK(joined({"a=1, b=2", "c=3"}) == "a=1,b=2,c=3");
        CHECK(joined({" \ta=1 ,, ,b=2\t,", ""}) == "a=1,b=2");
        CHECK(joined({"fw529a3039@dt=FfhBMzZ;x:y", "0_-*/@=\"<!>"}) == "fw529a3039@dt=FfhBMzZ;x:y,0_-*/@=\"<!>");
        CHECK(joined({"a=inner space"}) == "a=inner space");
        CHECK(joined({std::string(256, 'k') + "=" + std::string(256, 'v')}).size() == 513);
        CHECK(joined({many(32)}) == many(32));
        CHECK(joined({""}).empty());
    }

    TEST_CASE("what is not well-formed is refused") {
        for (const std::string& row :
             {std::string("a"), std::string("=1"), std::string("a="), std::string("A=1"), std::string("_a=1"),
              std::string("a b=1"), std::string("a=1=2"), std::string("a=\x7f"), std::string("a=\xc3\xa9"),
              std::string("a.b=1"), std::string(257, 'k') + "=1", "k=" + std::string(257, 'v'), many(33)}) {
            CAPTURE(row);
            CHECK(joined({row}) == "refused");
        }
        CHECK(joined({many(32), "x=1"}) == "refused");
    }

    TEST_CASE("is shortened by whole members: long ones first, then from the right") {
        const std::string longer = "l=" + std::string(127, 'v');  // 129 characters
        const auto of_100 = [](char key) { return std::string(1, key) + "=" + std::string(98, 'v'); };
        std::string fits =
            of_100('a') + "," + of_100('b') + "," + longer + "," + of_100('c') + "," + "d=" + std::string(77, 'v');
        REQUIRE(fits.size() == 512);
        const std::string whole = fits;
        shorten_tracestate(fits);
        CHECK(fits == whole);
        std::string over = whole + "v";
        shorten_tracestate(over);
        CHECK(over == of_100('a') + "," + of_100('b') + "," + of_100('c') + ",d=" + std::string(78, 'v'));
        std::string many_short;
        for (char key = 'a'; key < 'g'; ++key) many_short.append(key == 'a' ? "" : ",").append(of_100(key));
        shorten_tracestate(many_short);
        CHECK(many_short ==
              of_100('a') + "," + of_100('b') + "," + of_100('c') + "," + of_100('d') + "," + of_100('e'));
    }

    TEST_CASE("the root's randomness is read where it stands") {
        CHECK(trace_randomness("a=1,ot=th:c;rv:00000000000123") == 0x123U);
        CHECK(trace_randomness("ot=rv:ffffffffffffff,a=1") == 0xffffffffffffffU);
        for (const char* row : {"", "a=1", "ot=th:c", "ot=rv:123", "ot=rv:0000000000012G", "xot=rv:00000000000123",
                                "a=rv:00000000000123"}) {
            CAPTURE(row);
            CHECK(trace_randomness(row) == std::nullopt);
        }
    }

    TEST_CASE("a threshold is written first, in place of the last one, and the rest stays as it was") {
        const auto with = [](std::string members, std::uint64_t threshold) {
            set_sampling_threshold(members, threshold);
            return members;
        };
        CHECK(with("", 0) == "ot=th:0");
        CHECK(with("", 0x80000000000000) == "ot=th:8");
        CHECK(with("", 0xc0000000000000) == "ot=th:c");
        CHECK(with("", 0xfd70a3d70a3d71) == "ot=th:fd70a3d70a3d71");
        CHECK(with("", 0x08000000000000) == "ot=th:08");
        CHECK(with("a=1,ot=th:8;rv:00000000000123;x:y,b=2", 0xc0000000000000) ==
              "ot=th:c;rv:00000000000123;x:y,a=1,b=2");
    }
}

}  // namespace
}  // namespace tokenweir::tracing
