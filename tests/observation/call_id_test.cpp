#include "observation/call_id.hpp"

#include <doctest/doctest.h>

#include <set>
#include <string>

using namespace tokenweir;

TEST_SUITE("call_id") {
    TEST_CASE("a call id is a UUID of version 7 and of the RFC 9562 variant") {
        CallIdSource source;
        const std::string id(source.next(WallTime(std::chrono::milliseconds(0x0123456789ab))).view());
        REQUIRE(id.size() == 36);
        CHECK(id.substr(0, 15) == "01234567-89ab-7");
        CHECK((id[19] == '8' || id[19] == '9' || id[19] == 'a' || id[19] == 'b'));
        CHECK(id[8] == '-');
        CHECK(id[13] == '-');
        CHECK(id[18] == '-');
        CHECK(id[23] == '-');
    }

    TEST_CASE("ids of one instant differ and ids of later instants sort later") {
        CallIdSource source;
        std::set<std::string> seen;
        for (int i = 0; i < 10000; ++i) seen.insert(std::string(source.next(WallTime{}).view()));
        CHECK(seen.size() == 10000);
        CHECK(source.next(WallTime(std::chrono::milliseconds(1))).view() <
              source.next(WallTime(std::chrono::milliseconds(2))).view());
    }

    TEST_CASE("an id that was never set is empty") { CHECK(CallId{}.view().empty()); }
}
