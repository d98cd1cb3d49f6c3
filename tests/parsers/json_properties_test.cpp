// Our walk through JSON beside simdjson, over texts that a generator makes up.
#include <doctest/doctest.h>
#include <simdjson.h>

#include <array>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "parsers/json_document.hpp"

using namespace tokenweir::parsers;
namespace dom = simdjson::dom;

namespace {

/// Texts that are JSON, and texts that nearly are.
class Generator {
public:
    explicit Generator(unsigned seed) : random_(seed) {}

    std::string document() {
        const bool object = below(2) == 0;
        return blanks() + container(object, 4) + blanks();
    }

    /// Bytes taken away, put in, changed, repeated.
    std::string damaged(std::string text) {
        constexpr std::string_view bad("\"\\{}[],: \x01x1\t\n\xff\xc3", 16);
        for (std::size_t times = 1 + below(3); times > 0 && !text.empty(); --times) {
            const std::size_t at = below(text.size());
            switch (below(4)) {
                case 0: text.erase(at, 1 + below(3)); break;
                case 1: text.insert(at, 1, bad[below(bad.size())]); break;
                case 2: text[at] = bad[below(bad.size())]; break;
                default: text.insert(at, text.substr(below(text.size()), below(20)));
            }
        }
        return text;
    }

private:
    std::size_t below(std::size_t bound) { return std::uniform_int_distribution<std::size_t>(0, bound - 1)(random_); }

    template <std::size_t count>
    std::string one_of(const std::array<std::string_view, count>& choice) {
        return std::string(choice[below(count)]);
    }

    /// Now and then more than a block of the reader's.
    std::string blanks() {
        if (below(40) == 0) return std::string(130, ' ');
        return one_of(std::array<std::string_view, 6>{"", "", "", " ", "\n\t", "  \r\n"});
    }

    std::string string() {
        std::string text = "\"";
        for (std::size_t left = below(6) == 0 ? below(60) : below(6); left > 0; --left)
            text += one_of(std::array<std::string_view, 14>{"a", R"(\")", R"(\\)", "{", "}", "[", "]", ",", ":", " ",
                                                            R"(\n)", R"(\u00e9)", "\xC3\xA9", "data"});
        return text + '"';
    }

    std::string container(bool object, int depth) {
        std::string text(1, object ? '{' : '[');
        const std::size_t count = below(4);
        for (std::size_t i = 0; i < count; ++i) {
            if (i > 0) text += blanks() + ',';
            text += blanks();
            if (object) text += string() + blanks() + ':' + blanks();
            text += value(depth - 1);
        }
        return text + blanks() + (object ? '}' : ']');
    }

    std::string value(int depth) {
        const std::size_t kind = below(depth > 0 ? 7 : 4);
        if (kind < 2) return string();
        if (kind < 4) return one_of(std::array<std::string_view, 5>{"12", "-1.5e3", "true", "false", "null"});
        return container(kind % 2 == 0, depth);
    }

    std::mt19937 random_;
};

/// Everything in its order: keys, brackets, scalars. Ours has keys as they stand in the text.
void list(const JsonValue& value, std::string& seen) {
    if (value.is_object()) {
        seen += '{';
        for (auto member = value.members(); member.next();) list(member.value(), seen += "key ");
        seen += '}';
    } else if (value.is_array()) {
        seen += '[';
        for (auto element = value.elements(); element.next();) list(element.value(), seen);
        seen += ']';
    } else {
        if (value.is_string()) seen += "string ";
        seen += value.number() ? std::to_string(*value.number()) : value.as_text();
        seen += ' ';
    }
}

void list(const dom::element& element, std::string& seen) {
    switch (element.type()) {
        case dom::element_type::OBJECT:
            seen += '{';
            for (const auto member : dom::object(element)) list(member.value, seen += "key ");
            seen += '}';
            break;
        case dom::element_type::ARRAY:
            seen += '[';
            for (const dom::element inner : dom::array(element)) list(inner, seen);
            seen += ']';
            break;
        case dom::element_type::STRING: seen += "string " + std::string(std::string_view(element)) + ' '; break;
        case dom::element_type::BOOL: seen += bool(element) ? "true " : "false "; break;
        case dom::element_type::NULL_VALUE: seen += ' '; break;
        default: seen += std::to_string(double(element)) + ' ';
    }
}

struct Listed {
    std::string seen;
    bool damaged = false;

    bool operator==(const Listed&) const = default;
};

/// From a copy of exactly its size: a sanitizer sees what is read behind it.
Listed listed(std::string_view text) {
    const std::vector<char> exactly(text.begin(), text.end());
    JsonDocument document({exactly.data(), exactly.size()});
    Listed all;
    for (auto member = document.members(); member.next();) list(member.value(), all.seen += "key ");
    for (auto element = document.elements(); element.next();) list(element.value(), all.seen);
    all.damaged = document.damaged();
    return all;
}

}  // namespace

TEST_SUITE("json_document") {
    TEST_CASE("reads what simdjson reads from whatever simdjson takes, made whole or damaged") {
        Generator generator(20);
        dom::parser parser;
        std::size_t taken = 0;
        for (int round = 0; round < 20'000; ++round) {
            std::string text = generator.document();
            if (round % 4 != 0) text = generator.damaged(std::move(text));
            dom::element root;
            if (parser.parse(text).get(root) != simdjson::SUCCESS || !(root.is_object() || root.is_array())) continue;
            ++taken;
            std::string expected;
            list(root, expected);
            CAPTURE(text);
            CHECK(listed(text) == Listed{expected.substr(1, expected.size() - 2), false});
        }
        CHECK(taken > 5'000);
    }

    TEST_CASE("takes no beginning of a text for the whole, and never reads beyond a damaged one") {
        Generator generator(21);
        for (int round = 0; round < 300; ++round) {
            const std::string text = generator.document();
            CAPTURE(text);
            const std::size_t whole = text.find_last_of("}]");
            for (std::size_t size = 0; size <= whole; ++size) CHECK(listed(text.substr(0, size)).damaged);
            for (int times = 0; times < 20; ++times) listed(generator.damaged(text));
        }
    }
}
