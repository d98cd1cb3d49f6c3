#include "parsers/request_scanner.hpp"

#include <doctest/doctest.h>

#include <map>
#include <ostream>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/split_feed.hpp"

using namespace tokenweir::parsers;
using namespace std::string_literals;

namespace tokenweir::parsers {

static std::ostream& operator<<(std::ostream& out, const ScannedMember& member) {
    out << (member.truncated ? "truncated" : member.text);
    if (member.elements) out << " of " << *member.elements;
    return out;
}

}  // namespace tokenweir::parsers

namespace {

using Members = std::map<std::string, ScannedMember>;

struct Scanned {
    Members members;
    bool malformed = false;

    bool operator==(const Scanned&) const = default;
    friend std::ostream& operator<<(std::ostream& out, const Scanned& scanned) {
        for (const auto& [name, member] : scanned.members) out << name << ": " << member << "; ";
        return out << (scanned.malformed ? "malformed" : "");
    }
};

ScannedMember raw(std::string text) { return {.text = std::move(text), .elements = {}}; }
ScannedMember array(std::string text, std::int64_t elements) { return {.text = std::move(text), .elements = elements}; }
ScannedMember count(std::int64_t elements) { return array("", elements); }
ScannedMember too_long() { return {.text = "", .elements = {}, .truncated = true}; }

const WantedMembers names{"model", "stream", "temperature", "stop", "response_format", "messages[]", "tools[]"};

Scanned scan(const std::vector<std::string_view>& pieces) {
    RequestScanner scanner(names);
    for (const std::string_view piece : pieces)
        tokenweir::test::with_exact_copy(piece, [&](std::string_view exact) { scanner.feed(exact); });
    Scanned scanned;
    for (const std::string_view name : names.names())
        if (const ScannedMember* member = scanner.member(name)) scanned.members[std::string(name)] = *member;
    scanned.malformed = scanner.malformed();
    return scanned;
}

void check_every_split(std::string_view text, const Scanned& expected) {
    CAPTURE(text);
    CHECK(scan({text}) == expected);
    bool same = true;
    for (const auto& pieces : tokenweir::test::splits(text)) same = same && scan(pieces) == expected;
    CHECK(same);
}

/// Writes random JSON, and knows what it wrote.
class Writer {
public:
    explicit Writer(unsigned seed) : random_(seed) {}

    std::pair<std::string, Scanned> object() {
        static constexpr std::string_view keys[] = {
            "model",     "stream", "stop", "response_format", "messages", "tools", "mode", "user",
            "modelling", "",       "x",    "prompt",          "n",        "temp"};
        std::string text = space() + "{" + space();
        Scanned scanned;
        for (std::size_t i = 0, n = pick(6); i < n; ++i) {
            const std::string key(keys[pick(std::size(keys))]);
            std::int64_t elements = -1;
            const std::string written = value(0, elements);
            text += (i ? "," + space() : "") + quoted(key) + space() + ":" + space() + written + space();
            const bool wanted = key == "model" || key == "stream" || key == "stop" || key == "response_format";
            const bool counted = key == "messages" || key == "tools";
            if (!wanted && !counted) continue;
            ScannedMember& member = scanned.members[key];
            member = raw(wanted ? written : "");
            if (elements >= 0) member.elements = elements;
        }
        return {text + "}" + space(), scanned};
    }

private:
    std::size_t pick(std::size_t n) { return random_() % n; }

    std::string space() {
        static constexpr std::string_view spaces[] = {"", "", " ", "\n\t", "\r\n  "};
        return std::string(spaces[pick(std::size(spaces))]);
    }

    std::string quoted(std::string_view text) {
        std::string out = "\"";
        for (const char c : text) {
            static constexpr char digits[] = "0123456789abcdef";
            if (pick(8) == 0)
                out += "\\u00"s + digits[c >> 4] + digits[c & 15];
            else
                out += c;
        }
        return out + '"';
    }

    std::string string() {
        static constexpr std::string_view parts[] = {
            "\\\"",
            "\\\\",
            "\\n",
            "{",
            "}",
            "[",
            "]",
            ",",
            ":",
            "abc",
            "\\u0022",
            "\xC3\xA4",
            "a much longer piece of text without anything in it that could matter"};
        std::string out = "\"";
        for (std::size_t i = 0, n = pick(8); i < n; ++i) out += parts[pick(std::size(parts))];
        return out + '"';
    }

    std::string value(int depth, std::int64_t& elements) {
        static constexpr std::string_view scalars[] = {"true", "false", "null", "0", "-1.5e+10", "123456789"};
        std::int64_t unused = -1;
        switch (pick(depth < 4 ? 4 : 2)) {
            case 0: return std::string(scalars[pick(std::size(scalars))]);
            case 1: return string();
            case 2: {
                elements = static_cast<std::int64_t>(pick(5));
                std::string out = "[" + space();
                for (std::int64_t i = 0; i < elements; ++i)
                    out += (i ? "," : "") + space() + value(depth + 1, unused) + space();
                return out + "]";
            }
            default: {
                std::string out = "{" + space();
                for (std::size_t i = 0, n = pick(4); i < n; ++i)
                    out += (i ? "," : "") + space() + string() + ":" + space() + value(depth + 1, unused) + space();
                return out + "}";
            }
        }
    }

    std::mt19937 random_;
};

}  // namespace

TEST_SUITE("request_scanner") {
    TEST_CASE("keeps the members that were asked for: in every split") {
        struct Row {
            const char* name;
            std::string text;
            Members members;
        };
        const Row rows[] = {
            {"an empty object", "{}", {}},
            {"scalars",
             R"({"model":"gpt-4o","stream":true,"temperature":0.7})",
             {{"model", raw("\"gpt-4o\"")}, {"stream", raw("true")}, {"temperature", raw("0.7")}}},
            {"white space everywhere",
             " \r\n{ \"model\" : \"m\" ,\t\"stream\"\n:\nfalse\n}\n ",
             {{"model", raw("\"m\"")}, {"stream", raw("false")}}},
            {"numbers stay as written", R"({"temperature":6e-7})", {{"temperature", raw("6e-7")}}},
            {"null is a value", R"({"model":null})", {{"model", raw("null")}}},
            {"Python's numbers",
             R"({"temperature":NaN,"stream":-Infinity})",
             {{"temperature", raw("NaN")}, {"stream", raw("-Infinity")}}},
            {"an empty string", R"({"model":""})", {{"model", raw("\"\"")}}},
            {"escapes in a value are kept",
             R"({"model":"a\"b\\","stream":true})",
             {{"model", raw(R"("a\"b\\")")}, {"stream", raw("true")}}},
            {"escapes in a key are undone",
             R"({"mod\u0065l":"m","\u0073tream":true})",
             {{"model", raw("\"m\"")}, {"stream", raw("true")}}},
            {"a key with a broken escape is a stranger", R"({"mod\u006":1,"stream":true})", {{"stream", raw("true")}}},
            {"near misses", R"({"mode":1,"modell":2,"Model":3,"":4,"model ":5,"messages[]":6})", {}},
            {"the model comes last",
             R"({"messages":[{"role":"user","content":"hi"}],"model":"m"})",
             {{"messages", count(1)}, {"model", raw("\"m\"")}}},
            {"names inside values do not count",
             R"({"metadata":{"model":"x","stream":true},"messages":[{"model":"y"},["model","z"]],"prompt":"\"model\":\"q\"","model":"m"})",
             {{"messages", count(2)}, {"model", raw("\"m\"")}}},
            {"the last of two counts",
             R"({"model":"a","stream":true,"model":"b"})",
             {{"model", raw("\"b\"")}, {"stream", raw("true")}}},
            {"whatever its kind", R"({"messages":[1,2],"messages":null})", {{"messages", raw("")}}},
            {"objects and arrays are kept whole",
             R"({"response_format":{"type":"json_schema"},"stop":["a","b\"]"]})",
             {{"response_format", raw(R"({"type":"json_schema"})")}, {"stop", array(R"(["a","b\"]"])", 2)}}},
            {"arrays are counted", R"({"messages":[],"tools":[ ]})", {{"messages", count(0)}, {"tools", count(0)}}},
            {"only the elements of the array itself",
             R"({"messages":[[1,2,[3,4]],{"a":[5,6],"b":"7,8"},"9,9\",",10 , 11],"tools":[{}]})",
             {{"messages", count(5)}, {"tools", count(1)}}},
            {"an array of many numbers",
             "{\"messages\":[" +
                 [] {
                     std::string s = "1";
                     for (int i = 0; i < 199; ++i) s += ",2";
                     return s;
                 }() +
                 "]}",
             {{"messages", count(200)}}},
            {"a value asked for its count that is none",
             R"({"messages":"text","tools":{"a":1}})",
             {{"messages", raw("")}, {"tools", raw("")}}},
            {"a byte order mark", "\xEF\xBB\xBF{\"model\":1}", {{"model", raw("1")}}},
            {"strings full of brackets", R"({"x":{"a":"}]\\","b":["]}\"",{}]},"model":1})", {{"model", raw("1")}}},
        };
        for (const Row& row : rows) {
            CAPTURE(row.name);
            check_every_split(row.text, {row.members});
        }
    }

    TEST_CASE("finds what was written into random objects in every split") {
        for (unsigned seed = 0; seed < 300; ++seed) {
            const auto [text, scanned] = Writer(seed).object();
            check_every_split(text, scanned);
        }
    }

    TEST_CASE("calls what is not an object malformed and lets the members before stand") {
        struct Row {
            std::string_view text;
            Members members;
        };
        const Row rows[] = {
            {"[1]", {}},
            {"\"text\"", {}},
            {"42", {}},
            {"\x1f\x8b\x08", {}},
            {"model=m&stream=true", {}},
            {"--boundary\r\n", {}},
            {"\xEF\xBBx{}", {}},
            {" \xEF\xBB\xBF{}", {}},
            {"\xEF\xBB\xBF\xEF\xBB\xBF{}", {}},
            {"{,}", {}},
            {"{model:1}", {}},
            {R"({"model":1,})", {{"model", raw("1")}}},
            {R"({"model":1 "stream":2})", {{"model", raw("1")}}},
            {R"({"model":1,"stream"=2})", {{"model", raw("1")}}},
            {R"({"model":1,"stream":})", {{"model", raw("1")}}},
            {R"({"model":1,"stream":'x'})", {{"model", raw("1")}}},
            {R"({"model":1}x)", {{"model", raw("1")}}},
            {R"({"model":1}{"model":2})", {{"model", raw("1")}}},
            {R"({"model":1]})", {{"model", raw("1")}}},
        };
        for (const Row& row : rows) check_every_split(row.text, {row.members, true});
    }

    TEST_CASE("a value that did not end is not seen") {
        for (const std::string_view text : {R"({"model":"gpt)", R"({"model":12)", R"({"model":[1,2)",
                                            R"({"model":{"a":1)", R"({"model":)", R"({"model)"})
            check_every_split(text, {});
        check_every_split(R"({"model":"a","model":"b)", {{{"model", raw("\"a\"")}}});
    }

    TEST_CASE("what is kept of a value is limited: both sides") {
        const std::size_t limit = RequestScanner::max_value_bytes;
        const auto text_of = [](std::size_t size) { return "\"" + std::string(size - 2, 'x') + "\""; };
        const auto with = [](const std::string& value) { return "{\"model\":" + value + ",\"stream\":1}"; };
        for (const std::size_t piece_size : {std::size_t{1}, std::size_t{100}, std::size_t{10'000}}) {
            const auto scan_in_pieces = [&](const std::string& text) {
                std::vector<std::string_view> pieces;
                for (std::size_t at = 0; at < text.size(); at += piece_size)
                    pieces.push_back(std::string_view(text).substr(at, piece_size));
                return scan(pieces);
            };
            const std::string fits = text_of(limit), long_string = text_of(limit + 1), long_number(limit + 1, '7');
            CHECK(scan_in_pieces(with(fits)) == Scanned{{{"model", raw(fits)}, {"stream", raw("1")}}});
            CHECK(scan_in_pieces(with(long_string)) == Scanned{{{"model", too_long()}, {"stream", raw("1")}}});
            CHECK(scan_in_pieces(with(long_number)) == Scanned{{{"model", too_long()}, {"stream", raw("1")}}});
            CHECK(scan_in_pieces(with("{\"a\":" + fits + "}")) ==
                  Scanned{{{"model", too_long()}, {"stream", raw("1")}}});
        }
    }

    TEST_CASE("strings and values of every length up to three blocks end where they end") {
        for (std::size_t size = 0; size <= 200; ++size) {
            const std::string plain(size, 'x'), quoted = "\"" + plain + "\"";
            for (const std::string_view tail : {"", "\\\"", "\\\\", "\\\\\\\""}) {
                const std::string string = "\"" + plain + std::string(tail) + "\"";
                const std::string text = "{" + quoted + ":" + string + ",\"model\":" + string + ",\"messages\":[" +
                                         string + "," + string + "],\"stream\":1}";
                const Scanned expected{{{"model", raw(string)}, {"messages", count(2)}, {"stream", raw("1")}}};
                CAPTURE(text);
                CHECK(scan({text}) == expected);
                for (const std::size_t cut : {size + 2, size + 5, 2 * size + 17})
                    CHECK(scan({std::string_view(text).substr(0, cut), std::string_view(text).substr(cut)}) ==
                          expected);
            }
        }
    }

    TEST_CASE("a member that comes again and again takes no more room") {
        std::string text = "{";
        for (std::size_t i = 0; i < 1000; ++i)
            text +=
                "\"model\":\"" + std::string(i % 40, 'm') + "\"," + (i % 2 ? "\"stream\":true," : "\"stop\":[1,2],");
        CHECK(scan({text + "\"tools\":[]}"}) == Scanned{{{"model", raw("\"" + std::string(39, 'm') + "\"")},
                                                         {"stream", raw("true")},
                                                         {"stop", array("[1,2]", 2)},
                                                         {"tools", count(0)}}});
    }

    TEST_CASE("a wanted name is found by its whole text and no other") {
        constexpr WantedMembers wanted{"top_p", "top_k", "tools[]", "n"};
        static_assert(wanted.find("top_k") == 1 && wanted.find("tools") == 2 && wanted.find("n") == 3);
        static_assert(wanted.is_only_counted(2) && !wanted.is_only_counted(1));
        for (const std::string_view key : {"", "top_", "top_x", "Top_p", "tools[]", "tool", "nn", "m"})
            CHECK(wanted.find(key) == WantedMembers::none);
        CHECK(wanted.find(std::string(64, 'n')) == WantedMembers::none);
    }

    TEST_CASE("a long key is a stranger") {
        check_every_split("{\"" + std::string(400, 'm') + "\":1,\"model\":2}", {{{"model", raw("2")}}});
    }

    TEST_CASE("nesting is limited: both sides") {
        const auto nested = [](std::size_t depth) {  // the object around it is one level
            return "{\"x\":" + std::string(depth - 1, '[') + std::string(depth - 1, ']') + ",\"model\":1}";
        };
        CHECK(scan({nested(RequestScanner::max_depth)}) == Scanned{{{"model", raw("1")}}});
        CHECK(scan({nested(RequestScanner::max_depth + 1)}) == Scanned{{}, true});
        CHECK(scan({std::string(100'000, '{')}) == Scanned{{}, true});
    }

    TEST_CASE("the model behind megabytes is found") {
        const std::string prompt = "\"" + std::string(5'000'000, 'A') + "\"";
        const std::string body =
            R"({"messages":[{"role":"user","content":)" + prompt + R"(}],"input":)" + prompt + R"(,"model":"m"})";
        std::vector<std::string_view> pieces;
        for (std::size_t at = 0; at < body.size(); at += 65'536)
            pieces.push_back(std::string_view(body).substr(at, 65'536));
        CHECK(scan(pieces) == Scanned{{{"messages", count(1)}, {"model", raw("\"m\"")}}});
    }

    TEST_CASE("is small while nothing was found") { CHECK(sizeof(RequestScanner) <= 104); }
}
