/// What is wrong with a configuration: every line of it, not only the first.
#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace tokenweir {

/// A value that does not fit. what() says what was expected and never repeats the value, which may be a secret.
struct BadValue : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// A configuration that cannot be used. Each line says where, what is wrong and what was expected.
class ConfigError : public std::runtime_error {
public:
    explicit ConfigError(std::vector<std::string> lines) : std::runtime_error(join(lines)), lines_(std::move(lines)) {}

    const std::vector<std::string>& lines() const noexcept { return lines_; }

private:
    static std::string join(const std::vector<std::string>& lines) {
        std::string text;
        for (const std::string& line : lines) text.append(text.empty() ? "" : "\n").append(line);
        return text;
    }

    std::vector<std::string> lines_;
};

/// Gathers the lines of a ConfigError; those beyond the first twenty are counted only.
class Complaints {
public:
    static constexpr std::size_t max_lines = 20;

    void add(const std::string& where, const std::string& what) {
        if (lines_.size() < max_lines)
            lines_.push_back(where.empty() ? what : where + ": " + what);
        else
            ++more_;
    }

    std::size_t count() const noexcept { return lines_.size() + more_; }

    void throw_if_any() const {
        if (lines_.empty()) return;
        std::vector<std::string> lines = lines_;
        if (more_ > 0) lines.push_back("and " + std::to_string(more_) + " more");
        throw ConfigError(std::move(lines));
    }

private:
    std::vector<std::string> lines_;
    std::size_t more_ = 0;
};

}  // namespace tokenweir
