/// Small text functions of the configuration; pure but for the reading of files.
#include "proxy/config_text.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include "observation/config_error.hpp"

namespace tokenweir::proxy {
namespace {

constexpr std::size_t max_referenced_file_bytes = std::size_t{64} << 10;

/// `at` is just past "${": the position of the brace that closes it, nested references skipped.
std::size_t closing_brace(std::string_view text, std::size_t at) {
    for (int depth = 1; at < text.size(); ++at) {
        if (text.substr(at, 2) == "${") ++depth;
        if (text[at] == '}' && --depth == 0) return at;
    }
    throw BadValue("'${' has no closing '}' (write $$ for a dollar sign)");
}

std::string referenced_file(std::string_view path) {
    if (path.empty()) throw BadValue("${file:} names no file");
    std::string content = read_text_file(std::string(path), max_referenced_file_bytes);
    if (content.ends_with('\n')) content.pop_back();
    if (content.ends_with('\r')) content.pop_back();
    return content;
}

std::string resolve(std::string_view reference, const Environment& environment) {
    if (reference.starts_with("file:")) return referenced_file(reference.substr(5));
    const std::size_t dash = reference.find(":-");
    const std::string_view name = reference.substr(0, dash);
    const auto variable = environment.find(name);
    const bool is_set = variable != environment.end();
    if (dash == std::string_view::npos) {
        if (is_set) return variable->second;
        const std::string shown(name);
        throw BadValue("the environment has no '" + shown + "' (${" + shown + ":-default} gives a default)");
    }
    if (is_set && !variable->second.empty()) return variable->second;
    return expand(reference.substr(dash + 2), environment);
}

}  // namespace

Environment process_environment() {
    Environment environment;
    for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
        const std::string_view text = *entry;
        const std::size_t equals = text.find('=');
        if (equals != std::string_view::npos) environment.emplace(text.substr(0, equals), text.substr(equals + 1));
    }
    return environment;
}

std::string expand(std::string_view text, const Environment& environment) {
    std::string out;
    for (std::size_t i = 0; i < text.size();) {
        const std::string_view pair = text.substr(i, 2);
        if (pair == "$$") {
            out += '$';
            i += 2;
        } else if (pair == "${") {
            const std::size_t end = closing_brace(text, i + 2);
            out += resolve(text.substr(i + 2, end - i - 2), environment);
            i = end + 1;
        } else {
            out += text[i++];
        }
    }
    return out;
}

std::string read_text_file(const std::string& path, std::size_t max_bytes) {
    const auto fail = [&](const std::string& why) -> BadValue {
        return BadValue("cannot read '" + path + "': " + why);
    };
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rbe"), &std::fclose);
    if (!file) throw fail(std::strerror(errno));
    std::string content(max_bytes + 1, '\0');
    content.resize(std::fread(content.data(), 1, content.size(), file.get()));
    if (std::ferror(file.get())) throw fail(std::strerror(errno));
    if (content.size() > max_bytes) throw fail("it is larger than " + std::to_string(max_bytes) + " bytes");
    return content;
}

std::string yaml_scalar(std::string_view text) {
    std::string value;
    for (std::size_t i = 0; i < text.size(); ++i) {
        value += text[i];
        if (text[i] == '$') value += '$';
    }
    constexpr std::string_view plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_/.-:+$";
    const bool is_plain = !value.empty() && value.find_first_not_of(plain) == std::string::npos && value[0] != '-' &&
                          value[0] != ':' && value.back() != ':' && value != "null" && value != "Null" &&
                          value != "NULL";
    if (is_plain) return value;
    std::string quotes = "\"";
    for (const char c : value) {
        if (c == '"' || c == '\\')
            quotes.append(1, '\\').append(1, c);
        else if (c == '\n')
            quotes += "\\n";
        else if (c == '\t')
            quotes += "\\t";
        else
            quotes += c;
    }
    return quotes += '"';
}

}  // namespace tokenweir::proxy
