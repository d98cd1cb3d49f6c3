/// Single values: what is read, what is refused and in which words, both sides of every limit.
#include "proxy/config_values.hpp"

#include <doctest/doctest.h>

#include <string>

#include "proxy/config_address.hpp"

using namespace tokenweir::proxy;
using tokenweir::BadValue;

namespace {

/// print(parse(text)), or what is wrong with it.
template <class Kind, class Value>
std::string read(std::string_view text) {
    Value value{};
    try {
        Kind::parse(text, value);
    } catch (const BadValue& bad) {
        return bad.what();
    }
    return Kind::print(value);
}

struct Row {
    std::string_view text;
    std::string_view expected;
};

template <class Kind, class Value, std::size_t n>
void check(const Row (&rows)[n]) {
    for (const Row& row : rows) {
        CAPTURE(row.text);
        CHECK(read<Kind, Value>(row.text) == row.expected);
    }
}

const char* bad_duration = "expected a duration such as 250ms, 30s, 5m or 1h";
const char* bad_url_host = "a host is made of ASCII letters, digits, '-', '_' and '.'";

}  // namespace

TEST_SUITE_BEGIN("config_values");

TEST_CASE("durations have units and plain numbers are seconds") {
    check<TimeLimit, std::chrono::milliseconds>({
        {"600s", "600s"},
        {"5m", "300s"},
        {"250ms", "250ms"},
        {"1.5s", "1500ms"},
        {"0.001s", "1ms"},
        {"1.001s", "1001ms"},
        {"30", "30s"},
        {"2h", "7200s"},
        {"10 s", "10s"},
        {"0", "off"},
        {"0ms", "off"},
        {"off", "off"},
        {"168h", "604800s"},
        {"604800001ms", "expected a duration of at most 7 days (168h)"},
        {"99999999999999999999999999h", "expected a duration of at most 7 days (168h)"},
        {"0.5ms", "expected a whole number of milliseconds"},
        {"1e3s", bad_duration},
        {"-1s", bad_duration},
        {"+1s", bad_duration},
        {"", bad_duration},
        {"s", bad_duration},
        {".", bad_duration},
        {"1.2.3", bad_duration},
        {"5 minutes", bad_duration},
        {"5M", bad_duration},
        {"inf", bad_duration},
        {"nan", bad_duration},
        {"0x10", bad_duration},
    });
    check<Span, double>(
        {{"1ms", "1ms"}, {"5", "5s"}, {"0", "expected a duration longer than 0"}, {"off", bad_duration}});
}

TEST_CASE("sizes have binary and decimal units and plain numbers are bytes") {
    const char* bad = "expected a size from 1KiB to 1GiB, such as 65536, 64KiB or 1MB";
    check<Bytes<1024, (1U << 30)>, std::size_t>({
        {"64KiB", "64KiB"},
        {"65536", "64KiB"},
        {"1MB", "1000000"},
        {"2kB", "2000"},
        {"2KB", "2000"},
        {"3 MiB", "3MiB"},
        {"1500B", "1500"},
        {"1024", "1KiB"},
        {"1023", bad},
        {"1GiB", "1GiB"},
        {"1073741824", "1GiB"},
        {"1073741825", bad},
        {"18446744073709551615", bad},
        {"18446744073709551616", bad},
        {"18014398509481984KiB", bad},  // 2^64 bytes: must not wrap round to 0
        {"64 K", bad},
        {"1.5MiB", bad},
        {"-1", bad},
        {"", bad},
        {"KiB", bad},
    });
}

TEST_CASE("counts are whole and within their range") {
    const char* bad = "expected a whole number from 0 to 1024";
    check<Count<0, 1024>, unsigned>({{"0", "0"},
                                     {"1024", "1024"},
                                     {"1025", bad},
                                     {"-1", bad},
                                     {"4294967296", bad},
                                     {"4.0", bad},
                                     {"four", bad},
                                     {" 4", bad},
                                     {"", bad}});
    const char* positive = "expected a whole number from 1 to 10";
    check<Count<1, 10>, std::size_t>({{"0", positive}, {"1", "1"}, {"10", "10"}, {"11", positive}});
}

TEST_CASE("switches know two words for each side") {
    const char* bad = "expected on or off";
    check<Switch, bool>({{"on", "on"},
                         {"off", "off"},
                         {"true", "on"},
                         {"false", "off"},
                         {"ON", "on"},
                         {"False", "off"},
                         {"yes", bad},
                         {"1", bad},
                         {"", bad}});
}

TEST_CASE("listen addresses are an IP and a port") {
    const char* bad = "expected ip:port such as 127.0.0.1:7080 or [::1]:7080";
    const char* name = "expected ip:port such as 127.0.0.1:7080 or [::1]:7080, not a name";
    const char* port = "expected a port from 0 to 65535 (0: the system chooses)";
    check<Address, ListenAddress>({
        {"127.0.0.1:7080", "127.0.0.1:7080"},
        {"0.0.0.0:0", "0.0.0.0:0"},
        {"[::1]:65535", "[::1]:65535"},
        {"[0:0::1]:1", "[::1]:1"},
        {"localhost:80", "127.0.0.1:80"},
        {"127.0.0.1:65536", port},
        {"127.0.0.1:", port},
        {"127.0.0.1:-1", port},
        {"127.0.0.1:http", port},
        {"127.0.0.1", bad},
        {"7080", bad},
        {"", bad},
        {"[::1]", bad},
        {":7080", "say on which address: 127.0.0.1 for this machine alone, 0.0.0.0 or [::] for every interface"},
        {"::1:7080", "an IPv6 address stands in brackets, such as [::1]"},
        {"[::1:7080", "the '[' of an IPv6 address has no ']'"},
        {"[::1]7080", "expected ':' and a port after the ']'"},
        {"[127.0.0.1]:80", name},
        {"example.com:80", name},
        {"127.0.0.256:80", name},
        {"http://127.0.0.1:80", "expected ip:port such as 127.0.0.1:7080 or [::1]:7080, not a URL"},
    });
    check<Addresses, std::vector<Listener>>(
        {{"127.0.0.1:1, [::1]:2", "127.0.0.1:1,[::1]:2"}, {"127.0.0.1:1,", bad}, {"", bad}});
}

TEST_CASE("loopback is this machine alone") {
    struct {
        const char* host;
        bool is_loopback;
    } const rows[] = {{"127.0.0.1", true}, {"127.8.8.8", true},    {"::1", true},        {"::ffff:127.0.0.1", true},
                      {"0.0.0.0", false},  {"192.168.0.1", false}, {"::", false},        {"::ffff:10.0.0.1", false},
                      {"::2", false},      {"12.7.0.1", false},    {"1.127.0.1", false}, {"fe80::1", false}};
    for (const auto& row : rows) {
        CAPTURE(row.host);
        CHECK(ListenAddress{row.host, 80}.is_loopback() == row.is_loopback);
    }
}

TEST_CASE("upstream URLs are scheme and host with a port and a base path if need be") {
    CHECK(parse_upstream_url("https://api.openai.com") == UpstreamUrl{true, "api.openai.com", 443, ""});
    CHECK(parse_upstream_url("HTTP://Api.Example.COM:8080/Base/v1//") ==
          UpstreamUrl{false, "api.example.com", 8080, "/Base/v1"});
    CHECK(parse_upstream_url("http://[0::1]:80/a%20b") == UpstreamUrl{false, "::1", 80, "/a%20b"});
    const char* port = "expected a port from 1 to 65535 after the host";
    check<Url, UpstreamUrl>({
        {"https://h", "https://h"},
        {"https://h/", "https://h"},
        {"https://h:443/x/", "https://h/x"},
        {"https://h:80", "https://h:80"},
        {"http://h:80", "http://h"},
        {"http://[::1]:8000", "http://[::1]:8000"},
        {"http://h:65535", "http://h:65535"},
        {"http://h:65536", port},
        {"http://h:0", port},
        {"http://h:", port},
        {"http://h:x", port},
        {"api.openai.com", "expected a URL that starts with https:// or http://"},
        {"", "expected a URL that starts with https:// or http://"},
        {"https:/h", "expected a URL that starts with https:// or http://"},
        {"ws://h", "the scheme must be https or http"},
        {"://h", "the scheme must be https or http"},
        {"https://", "the host is missing"},
        {"https:///x", "the host is missing"},
        {"https://:80", "the host is missing"},
        {"https://u:p@h",
         "user information ('user:password@') is not possible here: credentials come with the requests"},
        {"https://h/x?key=1", "a query is not possible here: each request brings its own"},
        {"https://h?", "a query is not possible here: each request brings its own"},
        {"https://h/#x", "a fragment ('#') means nothing to an upstream"},
        {"https://h h", bad_url_host},
        {"https://bücher.de", bad_url_host},
        {"https://h%41", bad_url_host},
        {"https://[h]", "the brackets hold no IPv6 address"},
        {"https://::1", "an IPv6 address stands in brackets, such as [::1]"},
        {"https://h/a b", "the path holds a character that must be percent-encoded"},
        {"https://h/\xc3\xa4", "the path holds a character that must be percent-encoded"},
        {"https://h/a\r\nx", "the path holds a character that must be percent-encoded"},
    });
}

TEST_CASE("the Host field has brackets for IPv6 and a port only if it is not the scheme's") {
    CHECK(UpstreamUrl{true, "h", 443, "/x"}.authority() == "h");
    CHECK(UpstreamUrl{true, "h", 80, ""}.authority() == "h:80");
    CHECK(UpstreamUrl{false, "h", 80, ""}.authority() == "h");
    CHECK(UpstreamUrl{false, "::1", 8080, ""}.authority() == "[::1]:8080");
}

TEST_CASE("prefixes are plain paths without a slash at the end") {
    check<Prefix, std::string>({
        {"/openai", "/openai"},
        {"/a/b.c~d", "/a/b.c~d"},
        {"/", "/"},
        {"openai", "expected a path that starts with '/'"},
        {"", "expected a path that starts with '/'"},
        {"/openai/", "expected a path without a '/' at its end"},
        {"//", "expected a path without a '/' at its end"},
        {"/a//b", "expected a path without empty segments ('//')"},
        {"/a/../b", "expected a path without '.' and '..' segments, which clients resolve before they send"},
        {"/..", "expected a path without '.' and '..' segments, which clients resolve before they send"},
        {"/a/.", "expected a path without '.' and '..' segments, which clients resolve before they send"},
        {"/a?b", "expected a plain path: no query, no spaces, nothing that must be percent-encoded"},
        {"/a b", "expected a plain path: no query, no spaces, nothing that must be percent-encoded"},
    });
}

TEST_CASE("tags that are labels are up to four plain names, each once") {
    const char* wrong = "expected a list of up to 4 names of a-z, 0-9 and _";
    check<TagNames, std::vector<std::string>>({
        {"", ""},
        {"team", "team"},
        {"team,app , z_1", "team, app, z_1"},
        {"app-id", wrong},  // no tag is recorded under such a name
        {"app.id", wrong},
        {"Team", wrong},
        {"a,b,c,d,e", wrong},
        {"a,", wrong},
        {"a b", wrong},
        {"a,b,a", "expected every name once"},
    });
}

TEST_CASE("bounds are numbers that ascend from above 0") {
    const char* wrong = "expected a list of up to 64 ascending numbers above 0";
    check<Bounds, std::vector<double>>({
        {"", ""},
        {"1", "1"},
        {"0.001, 2.5,100", "0.001, 2.5, 100"},
        {"0,1", wrong},
        {"1,1", wrong},
        {"2,1", wrong},
        {"-1", wrong},
        {"1,,2", wrong},
        {"1s", wrong},
        {"1e3", wrong},
        {"inf", wrong},
    });
    std::string most;
    for (int i = 1; i <= 64; ++i) most.append(most.empty() ? "" : ", ").append(std::to_string(i));
    CHECK(read<Bounds, std::vector<double>>(most) == most);
    CHECK(read<Bounds, std::vector<double>>(most + ", 65") == wrong);
}

TEST_CASE("the dialects of the GenAI conventions have names") {
    check<Dialect, tokenweir::GenAiDialect>(
        {{"v1.41", "v1.41"}, {"latest", "latest"}, {"both", "both"}, {"v1.42", "expected v1.41, latest or both"}});
}

TEST_CASE("names and tokens are visible ASCII of a bounded length") {
    const std::string n64(64, 'n'), n65(65, 'n'), t31(31, 't'), t32(32, 't');
    const char* bad_name = "expected 1 to 64 visible ASCII characters";
    const char* bad_token = "expected at least 32 visible ASCII characters";
    check<Name, std::string>(
        {{n64, n64}, {n65, bad_name}, {"", bad_name}, {"a b", bad_name}, {"a\n", bad_name}, {"\xc3\xa4", bad_name}});
    const char* bad_words = "expected 1 to 64 bytes without control characters";
    check<FreeText, std::string>({{n64, n64},
                                  {n65, bad_words},
                                  {"", bad_words},
                                  {"a \xc3\xa4", "a \xc3\xa4"},
                                  {"a\n", bad_words},
                                  {"\x7f", bad_words}});
    check<Token, std::string>(
        {{"", ""}, {t31, bad_token}, {t32, t32}, {"0123456789 0123456789 0123456789 0123", bad_token}});
}

TEST_SUITE_END();
