#include <doctest/doctest.h>

#include <fstream>
#include <string>

#include "mock/scenario.hpp"

using namespace tokenweir::mock;

TEST_CASE("docs/mock.md: its table of headers is that of the code") {
    std::ifstream file(TOKENWEIR_SOURCE_DIR "/docs/mock.md");
    REQUIRE(file);
    std::string documented, known;
    for (std::string line; std::getline(file, line);)
        if (line.starts_with("| `x-mock-")) documented += line + "\n";
    for (const ScenarioHeader& header : scenario_headers()) {
        known.append("| `").append(header.name).append("` | ").append(header.values).append(" | ");
        known.append(header.initial).append(" | ").append(header.effect).append(" |\n");
    }
    CHECK(documented == known);
}
