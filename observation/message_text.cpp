#include "observation/message_text.hpp"

#include <algorithm>
#include <vector>

namespace tokenweir {
namespace {

/// Hides user information, query and fragment: all of them are places where people put keys.
std::string without_url_secrets(std::string_view text) {
    const std::size_t scheme = text.find("://");
    if (scheme == std::string_view::npos) return std::string(text);
    const std::size_t begin = scheme + 3;
    std::string shown(text.substr(0, begin));
    std::string_view rest = text.substr(begin);
    if (const std::size_t at = rest.rfind('@', rest.find_first_of("/?#")); at != std::string_view::npos) {
        shown += "***";
        rest.remove_prefix(at);
    }
    const std::size_t query = rest.find_first_of("?#");
    shown += rest.substr(0, query);
    if (query != std::string_view::npos) shown.append(1, rest[query]).append("***");
    return shown;
}

std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::vector<std::size_t>> d(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
    for (std::size_t i = 0; i <= a.size(); ++i) d[i][0] = i;
    for (std::size_t j = 0; j <= b.size(); ++j) d[0][j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i)
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const bool same = a[i - 1] == b[j - 1];
            d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + (same ? 0U : 1U)});
            const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
            if (swapped) d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
        }
    return d[a.size()][b.size()];
}

}  // namespace

std::string in_quotes(std::string_view text) {
    constexpr std::size_t max_shown = 80;
    std::string shown = without_url_secrets(text);
    for (char& c : shown)
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
    if (shown.size() > max_shown) shown.replace(max_shown, std::string::npos, "...");
    return "'" + shown + "'";
}

std::optional<std::string_view> nearest(std::string_view word, std::span<const std::string_view> candidates) {
    constexpr std::size_t longest_typo = 64;
    if (word.size() > longest_typo) return std::nullopt;
    std::optional<std::string_view> best;
    std::size_t allowed = std::max<std::size_t>(1, word.size() / 3);
    for (const std::string_view candidate : candidates) {
        const std::size_t d = distance(word, candidate);
        if (d > allowed || (best && d == allowed)) continue;
        best = candidate;
        allowed = d;
    }
    return best;
}

std::string suggestion(std::string_view word, std::span<const std::string_view> candidates) {
    const auto meant = nearest(word, candidates);
    return meant ? "; did you mean '" + std::string(*meant) + "'?" : std::string();
}

}  // namespace tokenweir
