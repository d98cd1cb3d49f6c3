#include "observation/call_id.hpp"

#include <doctest/doctest.h>

#include <set>
#include <string>
#include <string_view>

#include "observation/hex.hpp"

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

    TEST_CASE("a process knows the ids that it wrote, whichever source they are from, and when") {
        const WallTime now(std::chrono::milliseconds(1'800'000'000'123));
        for (int i = 0; i < 1000; ++i) CHECK(time_of_own(CallIdSource().next(now).view()) == now);
    }

    TEST_CASE("other ids pass for its own once in 65536, and what is no id never does") {
        std::string id(CallIdSource().next(WallTime(std::chrono::seconds(1))).view());
        int taken = 0;
        for (int digit = 9; digit < 36; ++digit) {
            if (id[static_cast<std::size_t>(digit)] == '-') continue;
            std::string other = id;
            char& c = other[static_cast<std::size_t>(digit)];
            c = c == '0' ? '1' : '0';
            taken += time_of_own(other).has_value() ? 1 : 0;
        }
        CHECK(taken <= 1);
        for (const std::string& text :
             {std::string(), id.substr(1), id + "0", std::string(36, '0'), std::string(36, '-')})
            CHECK_FALSE(time_of_own(text).has_value());
        id[35] = 'G';
        CHECK_FALSE(time_of_own(id).has_value());
    }

    TEST_CASE("an id of the last instant that a clock can show is known, a forged one of a later instant never") {
        const auto last = std::chrono::floor<std::chrono::milliseconds>(WallTime::max());
        CHECK(time_of_own(CallIdSource().next(last).view()) == last);
        for (const std::string_view late : {"08637bd05af7", "ffffffffffff"})
            for (std::uint64_t tag = 0; tag < 0x10000; ++tag) {  // one of them is the right one
                const auto digits = to_hex(tag);
                const std::string_view end(digits.data() + 12, 4);
                const std::string id = std::string(late.substr(0, 8)).append("-").append(late.substr(8)) +
                                       "-7000-8000-00000000" + std::string(end);
                if (time_of_own(id)) FAIL(id);
            }
    }
}
