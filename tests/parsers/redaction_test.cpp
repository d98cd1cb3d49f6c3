// What is taken out of a text, and what is left alone.
#include "parsers/redaction.hpp"

#include <doctest/doctest.h>

#include "parsers/card_number.hpp"

using namespace tokenweir::parsers;

namespace {

std::string redacted(std::string_view text) { return Redaction().apply(text).text; }

std::string with(BuiltinRule rule, std::string_view text) { return Redaction({rule}, {}).apply(text).text; }

}  // namespace

TEST_SUITE("redaction") {
    TEST_CASE("addresses of e-mail are taken out") {
        CHECK(redacted("write to ada.l+x@mail.example.org, please") == "write to [REDACTED:email], please");
        CHECK(redacted("jürgen@bücher.example") == "[REDACTED:email]");
        CHECK(redacted("<a@b.c>;d@e.f") == "<[REDACTED:email]>;[REDACTED:email]");
        CHECK(redacted("@decorator and a @ b, x@localhost") == "@decorator and a @ b, x@localhost");
    }

    TEST_CASE("numbers of cards are taken out if their sum is right") {
        CHECK(redacted("card 4111 1111 1111 1111, thanks") == "card [REDACTED:card], thanks");
        CHECK(redacted("378282246310005") == "[REDACTED:card]");
        CHECK(redacted("5500-0000-0000-0004 123") == "[REDACTED:card] 123");
        CHECK(redacted("4111111111111111 4222222222222") == "[REDACTED:card] [REDACTED:card]");
        CHECK(redacted("2024 4111 1111 1111 1111") == "2024 [REDACTED:card]");
        CHECK(with(BuiltinRule::card, "4111 1111 1111 1112") == "4111 1111 1111 1112");
        CHECK(with(BuiltinRule::card, "1700000000000, 17000000000000000") == "1700000000000, 17000000000000000");
    }

    TEST_CASE("the sum of ISO/IEC 7812-1") {
        CHECK(passes_luhn("79927398713"));
        CHECK_FALSE(passes_luhn("79927398710"));
    }

    TEST_CASE("a card has 13 to 19 digits") {
        CHECK(find_card_number("4222222222222") == "4222222222222");
        CHECK(find_card_number("400000000008").empty());
        CHECK(find_card_number("6304000000000000000") == "6304000000000000000");
        CHECK(find_card_number("63040000000000000000").empty());
    }

    TEST_CASE("telephone numbers are taken out if they are written as such") {
        CHECK(redacted("call +49 (0)30 901820 now") == "call [REDACTED:phone] now");
        CHECK(redacted("+14155552671") == "[REDACTED:phone]");
        CHECK(redacted("(415) 555-2671 or 415.555.2671") == "[REDACTED:phone] or [REDACTED:phone]");
        CHECK(redacted("1+2345, 12345678, 3.1415926535") == "1+2345, 12345678, 3.1415926535");
    }

    TEST_CASE("keys that providers give out are taken out") {
        for (const char* key :
             {"sk-proj-0123456789abcdefABCDEF_-xyz", "sk-ant-api03-0123456789abcdef", "gsk_0123456789abcdefghij",
              "AIzaSyA0123456789abcdefghijklmnopqrstuv", "AKIAIOSFODNN7EXAMPLE",
              "ghp_0123456789abcdefghijklmnopqrstuvwxyz", "xoxb-1234567890-abcdefghij", "hf_0123456789abcdefghij",
              "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl", "sk_live_0123456789abcdefghij"})
            CHECK(redacted(std::string("it is ") + key + ".").starts_with("it is [REDACTED:key]"));
        CHECK(redacted("risk-free and sk-short") == "risk-free and sk-short");
    }

    TEST_CASE("what is said to be a secret is taken out, and its name stays") {
        CHECK(redacted("Authorization: Bearer abcdef0123456789") == "Authorization: Bearer [REDACTED:key]");
        CHECK(redacted(R"({"api_key": "0123456789abcdef"})") == R"({"api_key": "[REDACTED:key]"})");
        CHECK(redacted("password=correcthorse1battery") == "password=[REDACTED:key]");
        CHECK(redacted("https://x.example/?a=1&key=abc&b=2") == "https://x.example/?a=1&key=[REDACTED:key]&b=2");
        CHECK(redacted("postgres://me:hunter2@db/x") == "postgres://me:[REDACTED:key]@db/x");
        CHECK(redacted("the token: authentication") == "the token: authentication");
    }

    TEST_CASE("a private key is taken out whole, and so is one that was cut") {
        const std::string begin = "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n";
        CHECK(redacted("a " + begin + "-----END RSA PRIVATE KEY----- b") == "a [REDACTED:key] b");
        CHECK(redacted("a " + begin) == "a [REDACTED:key]");
    }

    TEST_CASE("rules of the operator's own come on top, and a group narrows them") {
        const Redaction own({}, {{"ticket", "TICKET-\\d+"}, {"name", "name is (\\w+)"}});
        CHECK(own.apply("TICKET-12: my name is Ada, ada@mail.example") ==
              Redaction::Result{"[REDACTED:ticket]: my name is [REDACTED:name], ada@mail.example", 2, false});
    }

    TEST_CASE("of two findings that overlap the first one names both") {
        const Redaction both({}, {{"a", "abc"}, {"b", "bcd"}});
        CHECK(both.apply("xabcdx").text == "x[REDACTED:a]x");
    }

    TEST_CASE("a text is cut after it was searched, so that no half of a secret stays") {
        const Redaction redaction;
        CHECK(redaction.apply("my mail: ada@mail.example, yes", 12) ==
              Redaction::Result{"my mail: [REDACTED:email]", 1, true});
        CHECK(redaction.apply("my mail: ada@mail.example", 9) == Redaction::Result{"my mail: ", 0, true});
        CHECK(redaction.apply("äö", 3) == Redaction::Result{"ä", 0, true});
        CHECK(redaction.apply("ab", 2) == Redaction::Result{"ab", 0, false});
    }

    TEST_CASE("without rules a text stays what it is") {
        CHECK(Redaction({}, {}).apply("ada@mail.example") == Redaction::Result{"ada@mail.example", 0, false});
    }

    TEST_CASE("a pattern that cannot be used is told") {
        CHECK(problem_of("a+").empty());
        CHECK(problem_of("a(") == "missing ): a(");
        CHECK(problem_of("(?=a)") == "invalid perl operator: (?=");
        CHECK(problem_of("a*") == "it matches the empty text");
    }
}
