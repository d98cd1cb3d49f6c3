#include "observation/field.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace tokenweir;

TEST_SUITE("field") {
    TEST_CASE("names are equal when nothing but the case of their letters differs, whatever their length") {
        for (std::size_t size = 1; size < 20; ++size)
            for (std::size_t place = 0; place < size; ++place)
                for (unsigned one = 0; one < 256; ++one)
                    for (const unsigned bits : {0x00U, 0x20U, 0x01U, 0x40U, 0x80U, 0xA0U}) {
                        std::string a(size, 'x'), b(size, 'X');
                        a[place] = static_cast<char>(one);
                        b[place] = static_cast<char>(one ^ bits);
                        const bool same = ascii_lower(a[place]) == ascii_lower(b[place]);
                        if (iequals(a, b) != same) FAIL(size << " bytes, " << one << " at " << place);
                    }
    }

    TEST_CASE("names of different lengths differ") {
        CHECK_FALSE(iequals("content-type", "content-typ"));
        CHECK_FALSE(iequals("", "x"));
        CHECK(iequals("", ""));
    }

    TEST_CASE("the compiler compares names too") {
        static_assert(iequals("Content-Type", "content-type") && !iequals("Content-Type", "content-typf"));
    }
}
