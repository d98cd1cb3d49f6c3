/// Commands and flags.
#include "proxy/command_line.hpp"

#include <doctest/doctest.h>

#include "config_support.hpp"

using namespace tokenweir::proxy;
using tokenweir::test::complaints_of;
using tokenweir::test::load;
using tokenweir::test::TemporaryDirectory;

namespace {

CommandLine parse(const std::vector<const char*>& arguments, Environment environment = {}) {
    return parse_command_line(arguments, std::move(environment));
}

std::string refusal(const std::vector<const char*>& arguments) {
    return complaints_of([&] { parse(arguments); });
}

}  // namespace

TEST_SUITE_BEGIN("command_line");

TEST_CASE("no word at all is serve with the defaults") {
    for (const std::vector<const char*>& arguments : {std::vector<const char*>{}, {"serve"}}) {
        const CommandLine line = parse(arguments);
        CHECK(line.command == Command::serve);
        CHECK(line.config == default_config());
    }
}

TEST_CASE("commands stand before or after the flags") {
    struct {
        std::vector<const char*> arguments;
        Command command;
    } const rows[] = {
        {{"--threads", "2", "check"}, Command::check},
        {{"check", "--threads=2"}, Command::check},
        {{"version"}, Command::version},
        {{"--version"}, Command::version},
        {{"-v"}, Command::version},
        {{"help"}, Command::help},
        {{"--help"}, Command::help},
        {{"mock", "-h"}, Command::help},
        {{"check", "--threads", "x", "--help"}, Command::help},  // help never fails
        {{"mock"}, Command::mock},
    };
    for (const auto& row : rows) CHECK(parse(row.arguments).command == row.command);
    CHECK(parse({"--threads", "2", "check"}).config.threads == 2);
}

TEST_CASE("flags set their keys") {
    const Config config = load({R"(
listen: ['127.0.0.1:1', '[::1]:2']
admin: {listen: '127.0.0.1:3'}
threads: 4
observe: off
call_log: {path: "-"}
upstream: http://h/v1
timeouts: {idle: 5m}
)"});
    CHECK(parse({"--listen", "127.0.0.1:1", "--listen=[::1]:2", "serve", "--admin-listen", "127.0.0.1:3", "--threads=4",
                 "--observe", "off", "--call-log", "-", "--upstream", "http://h/v1", "--set", "timeouts.idle=5m"})
              .config == config);
}

TEST_CASE("the file is named by the flag or else by the environment") {
    const TemporaryDirectory directory;
    const std::string one = directory.file("one.yaml", "threads: 1"), two = directory.file("two.yaml", "threads: 2");
    const Environment environment{{"TOKENWEIR_CONFIG", one}};
    CHECK(parse({}, environment).config.threads == 1);
    CHECK(parse({"--config", two.c_str()}, environment).config.threads == 2);
    CHECK(parse({"-c", two.c_str()}).config.threads == 2);
    CHECK(parse({}, {{"TOKENWEIR_CONFIG", ""}}).config == default_config());
}

TEST_CASE("the sources can be loaded again after the file has changed") {
    const TemporaryDirectory directory;
    const std::string file = directory.file("t.yaml", "threads: 1\nobserve: off");
    const CommandLine line = parse({"--config", file.c_str(), "--threads", "3"}, {{"TOKENWEIR_MOCK", "off"}});
    CHECK(load_config(line.sources) == line.config);
    directory.file("t.yaml", "threads: 1");
    const Config reloaded = load_config(line.sources);
    CHECK(reloaded.threads == 3);
    CHECK(reloaded.observer.decode);
    CHECK(!reloaded.mock_route);
}

TEST_CASE("mock takes an address and nothing else") {
    CHECK(parse({"mock"}).mock_listen == ListenAddress{"127.0.0.1", 7090});
    CHECK(parse({"mock", "--listen", "[::1]:0"}).mock_listen == ListenAddress{"::1", 0});
    CHECK(parse({"mock"}, {{"TOKENWEIR_THREADS", "x"}}).command == Command::mock);
    CHECK(refusal({"mock", "--listen", "x"}) ==
          "--listen: expected ip:port such as 127.0.0.1:7080 or [::1]:7080, got 'x'\n");
    CHECK(refusal({"mock", "--threads", "2", "--config", "x"}) ==
          "--config: means nothing to 'mock'\n--threads: means nothing to 'mock'\n");
}

TEST_CASE("what is not understood is named and the nearest word suggested") {
    CHECK(refusal({"--lisen", "127.0.0.1:1"}) == "unknown flag '--lisen'; did you mean '--listen'?\n");
    CHECK(refusal({"--upsteam=http://u:secret@h"}) == "unknown flag '--upsteam'; did you mean '--upstream'?\n");
    CHECK(refusal({"--zzzzzzzz"}) == "unknown flag '--zzzzzzzz'\n");
    CHECK(refusal({"-x"}) == "unknown flag '-x'\n");
    CHECK(refusal({"chek"}) == "unknown command 'chek'; did you mean 'check'? (see --help)\n");
    CHECK(refusal({"serve", "now"}) == "unexpected word 'now' (see --help)\n");
    CHECK(refusal({"--threads"}) == "--threads: expected a value (see --help)\n");
    CHECK(refusal({"--threads", "1", "--threads", "2"}) == "--threads: given twice\n");
    CHECK(refusal({"--config", "a", "--config", "b"}) == "--config: given twice\n");
    CHECK(refusal({"--set", "threads"}) == "--set: expected KEY=VALUE, such as --set timeouts.idle=5m\n");
    CHECK(refusal({"--set", "threds=1"}) == "--set threds: unknown key; did you mean 'threads'?\n");
    CHECK(refusal({"--observe", "maybe"}) == "--observe: expected on or off, got 'maybe'\n");
    CHECK(refusal({"--config", "/does/not/exist"}) == "cannot read '/does/not/exist': No such file or directory\n");
}

TEST_CASE("help names every flag on lines that fit a terminal") {
    const std::string text = help_text("1.2.3");
    CHECK(text.starts_with("tokenweir 1.2.3: "));
    for (const Key<Config>& key : config_keys())
        if (!key.flag.empty()) CHECK(text.find("  " + std::string(key.flag) + " ") != std::string::npos);
    for (const char* flag : {"--config", "--set", "--help"}) CHECK(text.find(flag) != std::string::npos);
    for (std::size_t begin = 0, end = 0; (end = text.find('\n', begin)) != std::string::npos; begin = end + 1) {
        const std::string line = text.substr(begin, end - begin);
        CAPTURE(line);
        CHECK(line.size() <= 120);
        CHECK(line.find('`') == std::string::npos);
    }
}

TEST_SUITE_END();
