// JSON values that are copied with their texts exchanged.
#include <algorithm>

#include "observation/json_string.hpp"
#include "parsers/json_text.hpp"

namespace tokenweir::parsers {

namespace {

constexpr int max_depth = 64;

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

class Copy {
public:
    Copy(std::string_view json, std::string& out, const std::function<std::string(std::string_view)>& filter)
        : rest_(json), out_(out), filter_(filter) {}

    bool run() {
        if (!value(max_depth)) return false;
        skip_space();
        return rest_.empty();
    }

private:
    void skip_space() { rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t\r\n"), rest_.size())); }
    char next() {
        skip_space();
        return rest_.empty() ? '\0' : rest_[0];
    }
    bool take(char c) {
        if (next() != c) return false;
        rest_.remove_prefix(1);
        out_ += c;
        return true;
    }

    bool value(int depth) {  // NOLINT(misc-no-recursion): as deep as max_depth
        if (depth == 0) return false;
        const char c = next();
        if (c == '{') return list('{', '}', [&] { return string() && take(':') && value(depth - 1); });
        if (c == '[') return list('[', ']', [&] { return value(depth - 1); });
        if (c == '"') return string();
        for (const std::string_view word : {"true", "false", "null"}) {
            if (!rest_.starts_with(word)) continue;
            rest_.remove_prefix(word.size());
            out_ += word;
            return true;
        }
        return number();
    }

    template <class Item>
    bool list(char open, char close, Item item) {
        take(open);
        if (take(close)) return true;
        do {
            if (!item()) return false;
        } while (take(','));
        return take(close);
    }

    bool string() {
        if (next() != '"') return false;
        std::size_t end = 1;
        while (end < rest_.size() && rest_[end] != '"') {
            if (static_cast<unsigned char>(rest_[end]) < 0x20) return false;
            end += rest_[end] == '\\' ? 2U : 1U;
        }
        if (end >= rest_.size()) return false;
        const auto text = unescape_json(rest_.substr(1, end - 1));
        if (!text) return false;
        append_json_string(out_, filter_(*text));
        rest_.remove_prefix(end + 1);
        return true;
    }

    /// RFC 8259 §6.
    bool number() {
        std::size_t end = 0;
        const auto digits = [&] {
            const std::size_t from = end;
            while (end < rest_.size() && is_digit(rest_[end])) ++end;
            return end - from;
        };
        const auto has = [&](std::string_view any) {
            const bool found = end < rest_.size() && any.find(rest_[end]) != std::string_view::npos;
            end += found ? 1U : 0U;
            return found;
        };
        has("-");
        const bool zero = end < rest_.size() && rest_[end] == '0';
        const std::size_t whole = digits();
        if (whole == 0 || (zero && whole > 1)) return false;
        if (has(".") && digits() == 0) return false;
        if (has("eE")) {
            has("+-");
            if (digits() == 0) return false;
        }
        const std::string_view text = rest_.substr(0, end);
        if (const std::string filtered = filter_(text); filtered == text)
            out_ += text;
        else
            append_json_string(out_, filtered);
        rest_.remove_prefix(end);
        return true;
    }

    std::string_view rest_;
    std::string& out_;
    const std::function<std::string(std::string_view)>& filter_;
};

}  // namespace

bool copy_json(std::string_view json, std::string& out, const std::function<std::string(std::string_view)>& filter) {
    return Copy(json, out, filter).run();
}

}  // namespace tokenweir::parsers
