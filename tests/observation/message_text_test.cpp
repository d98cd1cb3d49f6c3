/// Quoting, and the nearest known word.
#include "observation/message_text.hpp"

#include <doctest/doctest.h>

#include <array>

using namespace tokenweir;

TEST_CASE("messages show one short line and no credentials of a URL") {
    CHECK(in_quotes("x") == "'x'");
    CHECK(in_quotes("a\nb\x1b[31m\x7f") == "'a?b?[31m?'");
    CHECK(in_quotes(std::string(80, 'x')) == "'" + std::string(80, 'x') + "'");
    CHECK(in_quotes(std::string(81, 'x')) == "'" + std::string(80, 'x') + "...'");
    CHECK(in_quotes("https://user:pass@host/path?key=secret") == "'https://***@host/path?***'");
    CHECK(in_quotes("https://host/a@b#secret") == "'https://host/a@b#***'");
    CHECK(in_quotes("https://p@ss@host") == "'https://***@host'");
}

TEST_CASE("the nearest word is suggested when it is near enough") {
    constexpr std::array<std::string_view, 5> words{"upstream", "name", "prefix", "provider", "idle"};
    struct {
        std::string_view word;
        std::string_view meant;
    } const rows[] = {{"upstrem", "upstream"},
                      {"upstraem", "upstream"},
                      {"uptsraem", "upstream"},
                      {"nmae", "name"},
                      {"idel", "idle"},
                      {"prefixes", "prefix"},
                      {"usage", ""},
                      {"", ""},
                      {"x", ""},
                      {"nothing", ""}};
    for (const auto& row : rows) {
        CAPTURE(row.word);
        CHECK(nearest(row.word, words).value_or("") == row.meant);
    }
    CHECK(!nearest(std::string(100'000, 'x'), words));
}
