// scan_request_head and scan_response_head: finds the empty line that ends a head in bytes that are still arriving.
#include <algorithm>

#include "observation/byte_block.hpp"
#include "proxy/http_head.hpp"
#include "proxy/start_line.hpp"

namespace tokenweir::proxy {

namespace {

constexpr auto nowhere = std::string_view::npos;

HeadScan refused(Refusal refusal) noexcept {
    return {.state = HeadScan::State::refused, .begin = 0, .end = 0, .refusal = refusal};
}

HeadScan complete(std::size_t begin, std::size_t end) noexcept {
    return {.state = HeadScan::State::complete, .begin = begin, .end = end, .refusal = {}};
}

/// Where the lines that begin at `begin` stop being lines of one head.
struct LinesEnd {
    std::size_t head_end = nowhere;  ///< one past the empty line
    bool bare_lf = false;            ///< LF without CR came first
};

/// Nothing before `at` ends them.
LinesEnd read_lines(std::string_view bytes, std::size_t begin, std::size_t at) noexcept {
    const auto is_bare = [=](std::size_t lf) { return lf == begin || bytes[lf - 1] != '\r'; };
    const auto ends = [=](std::size_t lf) { return is_bare(lf) || (lf - begin >= 3 && bytes[lf - 2] == '\n'); };
    const auto skip_bytes = [&](std::size_t limit) {
        while (at < limit && !(bytes[at] == '\n' && ends(at))) ++at;
    };
    skip_bytes(std::min(begin + 3, bytes.size()));
    for (; at >= begin + 3 && at + block_bytes <= bytes.size(); at += block_bytes) {
        const char* block = bytes.data() + at;
        const unsigned lfs = places(load_block(block) == '\n');
        if (lfs == 0) continue;
        const unsigned behind_cr = places(load_block(block - 1) == '\r');
        const unsigned behind_line = places(load_block(block - 2) == '\n');
        if (const unsigned last = lfs & (~behind_cr | behind_line); last != 0) {
            at += first_of(last);
            break;
        }
    }
    skip_bytes(bytes.size());
    if (at == bytes.size()) return {};
    return is_bare(at) ? LinesEnd{nowhere, true} : LinesEnd{at + 1, false};
}

/// Skips the empty lines that a client may send first (RFC 9112 §2.2). Returns where the request line begins, or
/// nothing if these are too many or are not CRLF.
std::optional<std::size_t> skip_empty_lines(std::string_view bytes) noexcept {
    std::size_t at = 0;
    while (bytes.substr(at).starts_with("\r\n")) {
        at += 2;
        if (at > 2 * max_leading_empty_lines) return {};
    }
    const std::string_view rest = bytes.substr(at);
    if (rest.starts_with('\n') || (rest.starts_with('\r') && rest.size() > 1)) return {};
    return at;
}

/// Judges a request line of which the end has not been looked at before: bytes[begin, seen) hold no news.
std::optional<Refusal> judge_request_line(std::string_view bytes, std::size_t begin, std::size_t seen,
                                          std::size_t limit) noexcept {
    constexpr Refusal too_long{414, "the request line is too long"};
    const std::size_t last_lf = begin + limit + 1;  // where the LF of the longest line stands
    const std::size_t first_lf = bytes.find('\n', seen);
    if (first_lf != nowhere && bytes.substr(begin, first_lf - begin).find('\n') == nowhere) {
        if (first_lf > last_lf) return too_long;
        RequestLine ignored;
        return parse_request_line(bytes.substr(begin, first_lf - 1 - begin), ignored);
    }
    // Asked only when the limit is crossed, so that a long head is not searched again with every piece.
    if (seen <= last_lf && bytes.size() > last_lf && bytes.substr(begin, limit + 2).find('\n') == nowhere)
        return too_long;
    return {};
}

}  // namespace

HeadScan scan_request_head(std::string_view bytes, const HeadLimits& limits, std::size_t& resume_at) noexcept {
    const auto begin = skip_empty_lines(bytes);
    if (!begin)
        return refused({400, "the request begins with too many empty lines, or with a line that CRLF does not end"});
    if (bytes.substr(*begin).starts_with('\r')) return {};  // its LF is to come

    const std::string_view window = bytes.substr(0, *begin + limits.header_bytes);
    const std::size_t seen = std::max(resume_at, *begin);
    const LinesEnd lines = read_lines(window, *begin, seen);
    if (lines.head_end != nowhere) return complete(*begin, lines.head_end);
    resume_at = window.size();

    if (auto refusal = refuse_request_start(window.substr(*begin))) return refused(*refusal);
    if (lines.bare_lf) return refused({400, "a line ends in LF without CR; lines end in CRLF (RFC 9112 section 2.2)"});
    if (auto refusal = judge_request_line(window, *begin, seen, limits.request_line_bytes)) return refused(*refusal);
    if (window.size() - *begin == limits.header_bytes) return refused({431, "the header section is too large"});
    return {};
}

HeadScan scan_response_head(std::string_view bytes, const HeadLimits& limits, std::size_t& resume_at) noexcept {
    const std::string_view window = bytes.substr(0, limits.header_bytes);
    const LinesEnd lines = read_lines(window, 0, resume_at);
    if (lines.head_end != nowhere) return complete(0, lines.head_end);
    resume_at = window.size();

    if (auto refusal = refuse_response_start(window)) return refused(*refusal);
    if (lines.bare_lf) return refused({502, "a line of the upstream's head ends in LF without CR"});
    if (window.size() == limits.header_bytes) return refused({502, "the upstream's header section is too large"});
    return {};
}

}  // namespace tokenweir::proxy
