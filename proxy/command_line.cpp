/// Flags come from the table of keys; CLI11 takes the words apart, the rest is ours so that --help and errors read
/// well.
#include "proxy/command_line.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "proxy/config_address.hpp"
#include "proxy/config_keys.hpp"

namespace tokenweir::proxy {
namespace {

struct CommandName {
    std::string_view word;
    Command command;
};

constexpr std::array<CommandName, 5> commands{{{"serve", Command::serve},
                                               {"check", Command::check},
                                               {"mock", Command::mock},
                                               {"version", Command::version},
                                               {"help", Command::help}}};

/// What CLI11 found, before it means anything.
struct Words {
    std::vector<std::string> positionals;
    std::vector<std::string> config;
    std::vector<std::string> set;
    std::vector<std::vector<std::string>> of_key;  ///< by index of config_keys()
    bool help = false;
    bool version = false;
};

std::vector<std::string_view> flag_names() {
    std::vector<std::string_view> names{"--config", "--set", "--help", "--version"};
    for (const Key<Config>& key : config_keys())
        if (!key.flag.empty()) names.push_back(key.flag_name());
    return names;
}

Words split(std::span<const char* const> arguments) {
    Words words;
    words.of_key.resize(config_keys().size());
    CLI::App app;
    app.set_help_flag();
    app.allow_extras();
    app.add_flag("-h,--help", words.help);
    app.add_flag("-v,--version", words.version);
    // One value per flag, however often it stands: the next word is never swallowed.
    const auto add = [&app](const std::string& name, std::vector<std::string>& values) {
        app.add_option(name, values)->allow_extra_args(false);
    };
    add("-c,--config", words.config);
    add("--set", words.set);
    for (std::size_t i = 0; i < words.of_key.size(); ++i)
        if (const std::string_view flag = config_keys()[i].flag_name(); !flag.empty())
            add(std::string(flag), words.of_key[i]);

    std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());  // as CLI11 wants it
    try {
        app.parse(reversed);
    } catch (const CLI::ArgumentMismatch& error) {
        const std::string_view what = error.what();
        throw ConfigError({std::string(what.substr(0, what.find(':'))) + ": expected a value (see --help)"});
    } catch (const CLI::ParseError& error) {
        throw ConfigError({std::string(error.what()) + " (see --help)"});
    }
    words.positionals = app.remaining();
    return words;
}

Command command_of(const Words& words) {
    Complaints complaints;
    for (const std::string& word : words.positionals)
        if (word.starts_with('-') && word != "-")
            complaints.add("", "unknown flag " + in_quotes(word.substr(0, word.find('='))) +
                                   suggestion(word.substr(0, word.find('=')), flag_names()));
    complaints.throw_if_any();  // the words behind an unknown flag may be its value: no more is said about them
    if (words.help) return Command::help;
    if (words.version) return Command::version;
    if (words.positionals.empty()) return Command::serve;

    const std::string& word = words.positionals[0];
    const auto command = std::ranges::find(commands, std::string_view(word), &CommandName::word);
    if (command == commands.end()) {
        std::vector<std::string_view> names;
        for (const CommandName& known : commands) names.push_back(known.word);
        throw ConfigError({"unknown command " + in_quotes(word) + suggestion(word, names) + " (see --help)"});
    }
    if (words.positionals.size() > 1)
        throw ConfigError({"unexpected word " + in_quotes(words.positionals[1]) + " (see --help)"});
    return command->command;
}

std::vector<FlagValue> flag_values(const Words& words) {
    std::vector<FlagValue> flags;
    for (const std::string& setting : words.set) {
        const std::size_t equals = setting.find('=');
        if (equals == std::string::npos)
            throw ConfigError({"--set: expected KEY=VALUE, such as --set timeouts.idle=5m"});
        const std::string path = setting.substr(0, equals);
        flags.push_back({.shown = "--set " + path, .path = path, .text = setting.substr(equals + 1)});
    }
    for (std::size_t i = 0; i < words.of_key.size(); ++i)
        for (const std::string& text : words.of_key[i]) {
            const Key<Config>& key = config_keys()[i];
            flags.push_back({.shown = std::string(key.flag_name()), .path = std::string(key.path), .text = text});
        }
    return flags;
}

/// The mock endpoint has no configuration: an address is all it takes.
ListenAddress mock_address(const std::vector<FlagValue>& flags, const Words& words, ListenAddress address) {
    Complaints complaints;
    if (!words.config.empty()) complaints.add("--config", "means nothing to 'mock'");
    for (const FlagValue& flag : flags) {
        if (flag.path != "listen") {
            complaints.add(flag.shown, "means nothing to 'mock'");
            continue;
        }
        try {
            address = parse_listen_address(flag.text);
        } catch (const BadValue& bad) {
            complaints.add(flag.shown, bad.what() + (", got " + in_quotes(flag.text)));
        }
    }
    complaints.throw_if_any();
    return address;
}

void append_option(std::string& out, std::string_view flag, std::string_view doc, std::string_view fallback = {}) {
    constexpr std::size_t column = 26;
    std::string line = "  " + std::string(flag);
    line.append(line.size() < column ? column - line.size() : 1, ' ');
    for (const char c : doc)
        if (c != '`') line += c;
    if (!fallback.empty()) line.append(" [").append(fallback).append("]");
    out += line + "\n";
}

}  // namespace

CommandLine parse_command_line(std::span<const char* const> arguments, Environment environment) {
    const Words words = split(arguments);
    CommandLine line;
    line.command = command_of(words);
    if (line.command == Command::help || line.command == Command::version) return line;

    std::vector<FlagValue> flags = flag_values(words);
    if (line.command == Command::mock) {
        line.mock_listen = mock_address(flags, words, line.mock_listen);
        return line;
    }
    if (words.config.size() > 1) throw ConfigError({"--config: given twice"});
    if (!words.config.empty())
        line.sources.file = words.config[0];
    else if (const auto file = environment.find("TOKENWEIR_CONFIG"); file != environment.end())
        line.sources.file = file->second;
    line.sources.environment = std::move(environment);
    line.sources.flags = std::move(flags);
    line.config = load_config(line.sources);
    return line;
}

std::string help_text(std::string_view version) {
    const CommandLine unset;
    std::string text = "tokenweir " + std::string(version) +
                       R"(: forwards LLM API traffic untouched and measures every call

Usage
  tokenweir [options]                run the proxy; needs no configuration
  tokenweir check [options]          check the configuration and print it, secrets masked
  tokenweir mock [--listen ADDRESS]  run a mock LLM endpoint [)" +
                       unset.mock_listen.to_string() + R"(]
  tokenweir version

Options
)";
    append_option(text, "-c, --config FILE", "YAML file; or TOKENWEIR_CONFIG");
    const Config defaults = default_config();
    for (const Key<Config>& key : config_keys())
        if (!key.flag.empty())
            append_option(text, key.flag, key.doc.substr(0, key.doc.find(" (see [")), key.print(defaults));
    append_option(text, "--set KEY=VALUE", "any other key of the configuration, such as timeouts.idle=5m");
    append_option(text, "-h, --help", "this text");
    text += R"(
Every key can stand in the file, in the environment (timeouts.idle is TOKENWEIR_TIMEOUTS_IDLE) or behind --set.
The command line wins over the environment, the environment over the file. All keys: docs/configuration.md

Examples
  tokenweir                                       then set OPENAI_BASE_URL=http://127.0.0.1:7080/openai/v1
  tokenweir --upstream http://127.0.0.1:11434     in front of one model server
  tokenweir --config tokenweir.yaml --call-log calls.jsonl
)";
    return text;
}

}  // namespace tokenweir::proxy
