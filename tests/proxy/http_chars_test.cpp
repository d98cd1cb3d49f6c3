// Character classes: the loops over blocks agree with the table, whatever byte stands where.
#include "proxy/http_chars.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <string>

namespace chars = tokenweir::proxy::chars;

namespace {

/// `size` ordinary bytes, `odd` among them at `at`, and not one byte of memory more.
struct Exact {
    Exact(std::size_t size, std::size_t at, char odd) : bytes(new char[size]), view(bytes.get(), size) {
        for (std::size_t i = 0; i < size; ++i) bytes[i] = "aZq-"[i % 4];
        bytes[at] = odd;
    }
    std::unique_ptr<char[]> bytes;  // NOLINT(modernize-avoid-c-arrays): exactly sized
    std::string_view view;
};

}  // namespace

TEST_SUITE("http_chars") {
    TEST_CASE("the end of a token and of a text is found at every place, for every byte, in every length") {
        std::size_t wrong = 0;
        for (std::size_t size = 1; size <= 50; ++size)
            for (std::size_t at = 0; at < size; ++at)
                for (int byte = 0; byte < 256; ++byte) {
                    const Exact exact(size, at, static_cast<char>(byte));
                    for (const std::size_t from : {std::size_t{0}, at, size}) {
                        if (chars::skip_token(exact.view, from) != chars::skip(exact.view, from, chars::token)) ++wrong;
                        if (chars::skip_text(exact.view, from) != chars::skip(exact.view, from, chars::text)) ++wrong;
                    }
                }
        CHECK(wrong == 0);
    }

    TEST_CASE("a text goes on behind any number of tabs") {
        const std::string text = std::string(40, '\t') + "x\t" + std::string(20, 'y') + "\r";
        CHECK(chars::skip_text(text, 0) == text.size() - 1);
    }
}
