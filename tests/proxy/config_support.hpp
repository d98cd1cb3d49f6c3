/// Loads configurations from text, and shows them when a comparison fails.
#pragma once

#include <doctest/doctest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/config_keys.hpp"
#include "proxy/config_load.hpp"

template <>
struct doctest::StringMaker<tokenweir::proxy::Config> {
    static String convert(const tokenweir::proxy::Config& config) {
        return tokenweir::proxy::effective_yaml(config).c_str();
    }
};

namespace tokenweir::test {

struct Given {
    std::string_view yaml = {};
    proxy::Environment environment = {};
    std::vector<proxy::FlagValue> flags = {};
};

inline proxy::Config load(const Given& given) {
    return proxy::load_config({.file = "tokenweir.yaml", .environment = given.environment, .flags = given.flags},
                              given.yaml);
}

/// What ConfigError says, a line per complaint; empty if nothing is wrong.
template <class Action>
std::string complaints_of(Action&& action) {
    try {
        action();
    } catch (const ConfigError& error) {
        std::string text;
        for (const std::string& line : error.lines()) text += line + "\n";
        return text;
    }
    return {};
}

inline std::string complaints(const Given& given) {
    return complaints_of([&] { load(given); });
}

/// A directory of its own, removed at the end.
class TemporaryDirectory {
public:
    TemporaryDirectory() {
        std::string name = (std::filesystem::temp_directory_path() / "tokenweir-XXXXXX").string();
        REQUIRE(mkdtemp(name.data()) != nullptr);
        path_ = name;
    }
    ~TemporaryDirectory() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    TemporaryDirectory(const TemporaryDirectory&) = delete;
    TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

    /// Writes a file and returns its path.
    std::string file(const std::string& name, std::string_view content, mode_t mode = 0600) const {
        const std::string path = (path_ / name).string();
        std::ofstream(path, std::ios::binary) << content;
        REQUIRE(chmod(path.c_str(), mode) == 0);
        return path;
    }
    std::string path() const { return path_.string(); }

private:
    std::filesystem::path path_;
};

}  // namespace tokenweir::test
