#include "parsers/sse_decoder.hpp"

#include <doctest/doctest.h>

#include <ostream>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/split_feed.hpp"

using namespace tokenweir::parsers;
using namespace std::string_literals;
using namespace std::string_view_literals;

namespace {

struct Event {
    std::string type, data;

    bool operator==(const Event&) const = default;
    friend std::ostream& operator<<(std::ostream& out, const Event& event) {
        return out << '<' << event.type << '|' << event.data << '>';
    }
};

struct Decoded {
    std::vector<Event> events;
    bool over_limit = false;

    bool operator==(const Decoded&) const = default;
    friend std::ostream& operator<<(std::ostream& out, const Decoded& decoded) {
        for (const Event& event : decoded.events) out << event;
        return out << (decoded.over_limit ? " over limit" : "");
    }
};

constexpr std::size_t no_limit = std::size_t{1} << 30;

Event copy(const SseEvent& event) { return {std::string(event.type), std::string(event.data)}; }

Decoded decode(const std::vector<std::string_view>& pieces, std::size_t limit = no_limit) {
    SseDecoder decoder(limit);
    Decoded decoded;
    for (const std::string_view piece : pieces) {
        tokenweir::test::with_exact_copy(piece, [&](std::string_view exact) {
            decoder.feed(exact);
            while (const auto event = decoder.next()) decoded.events.push_back(copy(*event));
        });
    }
    if (const auto event = decoder.finish()) decoded.events.push_back(copy(*event));
    decoded.over_limit = decoder.over_limit();
    return decoded;
}

/// The standard's algorithm (WHATWG HTML §9.2.6) with our departures, written for obviousness alone.
std::vector<Event> reference(std::string text) {
    if (text.starts_with("\xEF\xBB\xBF")) text.erase(0, 3);
    std::vector<std::string> lines{""};
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n') continue;
        if (text[i] == '\r' || text[i] == '\n')
            lines.emplace_back();
        else
            lines.back() += text[i];
    }
    lines.emplace_back();  // what the end leaves undispatched is dispatched

    std::vector<Event> events;
    std::string type, data;
    bool has_data = false;
    for (const std::string& line : lines) {
        if (line.empty()) {
            if (has_data && !(type.empty() && data.empty())) events.push_back({type, data});
            type = data = "";
            has_data = false;
            continue;
        }
        const std::size_t colon = line.find(':');
        const std::string name = line.substr(0, colon);
        std::string value = colon == std::string::npos ? "" : line.substr(colon + 1);
        if (value.starts_with(' ')) value.erase(0, 1);
        if (name == "event") type = value;
        if (name == "error") type = "error";
        if (name == "data" || name == "error") {
            if (has_data) data += '\n';
            data += value;
            has_data = true;
        }
    }
    return events;
}

/// Text that is an event stream more often than not.
std::string random_stream(std::mt19937& random) {
    static constexpr std::string_view parts[] = {
        "data: ",       "data:", "data",     "event: ",    "event:",   "event",     "error: ", "id: 7",
        "retry: 10",    ":",     ": ping",   "unknown: x", " ",        "{\"a\":1}", "[DONE]",  "x",
        "message",      "\n",    "\n",       "\n\n",       "\r\n",     "\r\n\r\n",  "\r",      "\r\r",
        "\xEF\xBB\xBF", "\xEF",  "\xC3\xA4", "dat",        "evenT: x", "data : y",  "\0"sv,
    };
    std::string text = random() % 4 == 0 ? "\xEF\xBB\xBF" : "";
    for (std::size_t i = 0, n = random() % 24; i < n; ++i) text += parts[random() % std::size(parts)];
    return text;
}

}  // namespace

TEST_SUITE("sse_decoder") {
    TEST_CASE("reads what the standard and the senders know: in every split") {
        struct Row {
            const char* name;
            std::string_view text;
            std::vector<Event> events;
        };
        const Row rows[] = {
            {"nothing", "", {}},
            {"one event", "data: {\"a\":1}\n\n", {{"", "{\"a\":1}"}}},
            {"no space after the colon", "data:x\n\n", {{"", "x"}}},
            {"only one space is taken off", "data:  x \n\n", {{"", " x "}}},
            {"CRLF", "data: a\r\n\r\ndata: b\r\n\r\n", {{"", "a"}, {"", "b"}}},
            {"lone CR", "data: a\r\rdata: b\r\r", {{"", "a"}, {"", "b"}}},
            {"line ends may mix", "data: a\r\ndata: b\n\rdata: c\r\n\n", {{"", "a\nb"}, {"", "c"}}},
            {"an event line", "event: ping\ndata: {}\n\n", {{"ping", "{}"}}},
            {"the event line may come last", "data: {}\nevent: ping\n\n", {{"ping", "{}"}}},
            {"the last of several event lines counts", "event: a\nevent: b\ndata: 1\n\n", {{"b", "1"}}},
            {"a type does not outlive its event", "event: a\ndata: 1\n\ndata: 2\n\n", {{"a", "1"}, {"", "2"}}},
            {"a type without data is dropped", "event: a\n\ndata: 2\n\n", {{"", "2"}}},
            {"a type with an empty data line is an event", "event: done\ndata:\n\n", {{"done", ""}}},
            {"an empty data line alone is none", "data:\n\ndata: 1\n\n", {{"", "1"}}},
            {"data lines are joined", "data: a\ndata\ndata:c\n\n", {{"", "a\n\nc"}}},
            {"two empty data lines make a line end", "data\ndata\n\n", {{"", "\n"}}},
            {"comments", ": OPENROUTER PROCESSING\n\n:\n\ndata: a\n: in between\ndata: b\n\n", {{"", "a\nb"}}},
            {"id, retry and strangers", "id: 1\nretry: 5\nfoo: bar\ndatax: 1\nDATA: 2\ndata: a\n\n", {{"", "a"}}},
            {"an error field", "error: {\"code\":500}\n\n", {{"error", "{\"code\":500}"}}},
            {"an error event", "event: error\ndata: {}\n\n", {{"error", "{}"}}},
            {"a byte order mark",
             "\xEF\xBB\xBF"
             "data: a\n\n",
             {{"", "a"}}},
            {"a second byte order mark is text",
             "\xEF\xBB\xBF\xEF\xBB\xBF"
             "data: a\n\ndata: b\n\n",
             {{"", "b"}}},
            {"half a byte order mark is text",
             "\xEF\xBB"
             "data: a\n\ndata: b\n\n",
             {{"", "b"}}},
            {"a mark later on is text",
             "data: a\n\n\xEF\xBB\xBF"
             "data: b\n\n",
             {{"", "a"}}},
            {"no blank line at the end", "data: a\n\ndata: [DONE]\n", {{"", "a"}, {"", "[DONE]"}}},
            {"no line end at the end", "event: x\ndata: a", {{"x", "a"}}},
            {"CR at the end", "data: a\n\r", {{"", "a"}}},
            {"nothing left at the end", "data: a\n\n: bye", {{"", "a"}}},
            {"a NUL is text", "data: a\0b\n\n"sv, {{"", "a\0b"s}}},
            {"UTF-8 is not looked at", "data: \xF0\x9F\x98\x80\xFF\n\n", {{"", "\xF0\x9F\x98\x80\xFF"}}},
        };
        for (const Row& row : rows) {
            CAPTURE(row.name);
            CHECK(reference(std::string(row.text)) == row.events);
            for (const auto& pieces : tokenweir::test::splits(row.text)) CHECK(decode(pieces) == Decoded{row.events});
        }
    }

    TEST_CASE("agrees with the reference on random streams in every split") {
        std::mt19937 random(20240607);
        for (int i = 0; i < 3000; ++i) {
            const std::string text = random_stream(random);
            CAPTURE(text);
            const Decoded expected{reference(text)};
            bool same = true;
            for (const auto& pieces : tokenweir::test::splits(text)) same = same && decode(pieces) == expected;
            REQUIRE(same);
        }
    }

    TEST_CASE("yields an event only once its blank line has arrived") {
        SseDecoder decoder(no_limit);
        decoder.feed("data: a\n");
        CHECK_FALSE(decoder.next());
        decoder.feed("\n");
        const auto event = decoder.next();
        REQUIRE(event);
        CHECK(event->data == "a");
        CHECK_FALSE(decoder.next());
    }

    TEST_CASE("does not wait for the LF that may follow a CR") {
        SseDecoder decoder(no_limit);
        decoder.feed("data: a\r\n\r");
        CHECK(decoder.next());
        CHECK_FALSE(decoder.next());
        decoder.feed("\ndata: b\r\r");
        const auto event = decoder.next();
        REQUIRE(event);
        CHECK(event->data == "b");
    }

    TEST_CASE("an event inside one piece is a view into it") {
        const std::string_view piece = "event: x\ndata: abc\n\n";
        SseDecoder decoder(no_limit);
        decoder.feed(piece);
        const auto event = decoder.next();
        REQUIRE(event);
        CHECK(event->type.data() == piece.data() + 7);
        CHECK(event->data.data() == piece.data() + 15);
    }

    TEST_CASE("an event that straddles pieces outlives the first of them") {
        SseDecoder decoder(no_limit);
        tokenweir::test::with_exact_copy("event: x\ndata: ab", [&](std::string_view piece) {
            decoder.feed(piece);
            CHECK_FALSE(decoder.next());
        });
        decoder.feed("c\n\n");
        const auto event = decoder.next();
        REQUIRE(event);
        CHECK(copy(*event) == Event{"x", "abc"});
    }

    TEST_CASE("the limit holds for data and for types: both sides in every split") {
        struct Row {
            const char* name;
            std::string_view text;
            Decoded decoded;
        };
        const Row rows[] = {
            {"data at the limit", "data: 12345678\n\ndata: x\n\n", {{{"", "12345678"}, {"", "x"}}}},
            {"data over it", "data: x\n\ndata: 123456789\n\ndata: y\n\n", {{{"", "x"}}, true}},
            {"without a space", "data:12345678\n\n", {{{"", "12345678"}}}},
            {"joined data at it", "data: 123\ndata: 5678\n\n", {{{"", "123\n5678"}}}},
            {"joined data over it", "data: 1234\ndata: 6789\n\n", {{}, true}},
            {"many empty lines at it",
             "data\ndata\ndata\ndata\ndata\ndata\ndata\ndata\ndata\n\n",
             {{{"", "\n\n\n\n\n\n\n\n"}}}},
            {"many empty lines over it", "data\ndata\ndata\ndata\ndata\ndata\ndata\ndata\ndata\ndata\n\n", {{}, true}},
            {"a type at it", "event: 12345678\ndata: x\n\n", {{{"12345678", "x"}}}},
            {"a type over it", "event: 123456789\ndata: x\n\n", {{}, true}},
            {"type and data each for itself", "event: 12345678\ndata: 12345678\n\n", {{{"12345678", "12345678"}}}},
            {"an error field over it", "error: 123456789\n\n", {{}, true}},
            {"an unfinished line over it", "data: 123456789", {{}, true}},
            {"a stranger after data at it", "data:12345678\nda4a:x\ndatax\nda\n\n", {{{"", "12345678"}}}},
            {"comments do not count", ": 1234567890123\nid: 12345678901234\ndata: x\n\n", {{{"", "x"}}}},
        };
        for (const Row& row : rows) {
            CAPTURE(row.name);
            for (const auto& pieces : tokenweir::test::splits(row.text)) CHECK(decode(pieces, 8) == row.decoded);
        }
    }

    TEST_CASE("decodes nothing any more after an event that was too long") {
        SseDecoder decoder(4);
        decoder.feed("data: 12345\n\ndata: x\n\n");
        CHECK_FALSE(decoder.next());
        CHECK(decoder.over_limit());
        decoder.feed("data: x\n\n");
        CHECK_FALSE(decoder.next());
        CHECK_FALSE(decoder.finish());
    }

    TEST_CASE("takes linear time for a long line that arrives byte by byte and for lines that end in CR alone") {
        // Quadratic work would be 10^12 steps here and run into the test's timeout.
        SseDecoder decoder(no_limit);
        const std::string line = "data: " + std::string(1'000'000, 'x') + "\n\n";
        std::size_t events = 0;
        for (const char& c : line) {
            decoder.feed({&c, 1});
            while (decoder.next()) ++events;
        }
        std::string returns;
        for (int i = 0; i < 500'000; ++i) returns += "x\r";
        returns += "\rdata: y\r\r";
        decoder.feed(returns);
        while (decoder.next()) ++events;
        CHECK(events == 2);
    }

    TEST_CASE("is small while it waits") { CHECK(sizeof(SseDecoder) <= 192); }
}
