#include "metrics/text_hash.hpp"

#include <doctest/doctest.h>

#include <set>
#include <string>

#include "tests/support/split_feed.hpp"

namespace tokenweir::metrics {
namespace {

TEST_SUITE("text_hash") {
    TEST_CASE("every byte counts, and every length, and nothing beyond the text is read") {
        std::set<std::size_t> hashes;
        std::size_t texts = 0;
        const auto add = [&](const std::string& text) {
            ++texts;
            test::with_exact_copy(text, [&](std::string_view exact) { hashes.insert(TextHash{}(exact)); });
        };
        for (std::size_t length = 0; length <= 70; ++length) {
            const std::string text(length, 'a');
            add(text);
            for (std::size_t at = 0; at < length; ++at) {
                std::string other = text;
                other[at] = 'b';
                add(other);
            }
        }
        CHECK(hashes.size() == texts);
    }
}

}  // namespace
}  // namespace tokenweir::metrics
