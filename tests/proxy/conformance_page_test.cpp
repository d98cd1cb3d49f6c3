// Holds docs/conformance.md to the sentences that the guard's sources have.
#include <doctest/doctest.h>

#include <fstream>
#include <iterator>
#include <regex>
#include <string>

namespace {

std::string read(const std::string& path) {
    std::ifstream file(std::string(TOKENWEIR_SOURCE_DIR) + "/" + path);
    REQUIRE(file.is_open());
    return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

TEST_SUITE("conformance_page") {
    TEST_CASE("every refusal of the guard stands on the page with its status") {
        const std::string page = read("docs/conformance.md");
        const std::regex refusal(R"re((?:\{(\d{3}),|fail\()\s*"([^"]+)")re");
        int found = 0;
        for (const char* name : {"start_line", "head_scan", "field_section", "http_head", "body_scanner"}) {
            const std::string source = read("proxy/" + std::string(name) + ".cpp");
            for (std::sregex_iterator match(source.begin(), source.end(), refusal), end; match != end; ++match) {
                const std::string status = (*match)[1].str().empty() ? "" : "| " + (*match)[1].str() + " ";
                const std::string row = status + "| " + (*match)[2].str() + " |";
                CAPTURE(row);
                CHECK(page.find(row) != std::string::npos);
                ++found;
            }
        }
        CHECK(found > 50);
    }
}
