#include "observation/accept.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace tokenweir {
namespace {

std::vector<std::string> read(Fields fields) {
    std::vector<std::string> seen;
    for_each_accepted(fields, "accept", [&](const Accepted& accepted) {
        seen.push_back(std::string(accepted.name) + "|" + std::string(accepted.parameter("version")) + "|" +
                       std::to_string(accepted.weight).substr(0, 4));
    });
    return seen;
}

TEST_SUITE("accept") {
    TEST_CASE("elements have a name, parameters and a weight of 1 unless they say otherwise") {
        const Field fields[] = {
            {"Accept", "application/openmetrics-text; version=1.0.0 ,text/plain;version=\"0.0.4\";q=0.5,*/*;Q=0.1"},
            {"x-accept", "a/b"},
            {"ACCEPT", "text/html"}};
        CHECK(read(fields) == std::vector<std::string>{"application/openmetrics-text|1.0.0|1.00",
                                                       "text/plain|0.0.4|0.50", "*/*||0.10", "text/html||1.00"});
    }

    TEST_CASE("a weight that is no number from 0 to 1 is none") {
        for (const char* q : {"q=x", "q=1.1", "q=-1", "q=0.5x", "q=inf", "q=nan"}) {
            CAPTURE(q);
            const std::string value = std::string("a/b;") + q;
            const Field fields[] = {{"accept", value}};
            CHECK(read(fields) == std::vector<std::string>{"a/b||0.00"});
        }
    }

    TEST_CASE("nothing between separators is nothing") {
        const Field fields[] = {{"accept", ", ,;,;;=,"}};
        for (const std::string& seen : read(fields)) CHECK(seen == "||1.00");
        const Field none[] = {{"accept", ""}};
        CHECK(read(none).empty());
    }
}

}  // namespace
}  // namespace tokenweir
