/// Runs the guard over whole and cut heads, the way a session does: scan a growing buffer, then parse.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/http_head.hpp"
#include "tests/support/split_feed.hpp"

namespace tokenweir::test {

struct Verdict {
    bool complete = false;
    int status = 0;  ///< of the refusal; 0: none
    std::string reason;
    std::size_t end = 0;  ///< of an accepted head
};

template <class Scan, class Parse>
Verdict judge(const std::vector<std::string_view>& pieces, const proxy::HeadLimits& limits, Scan scan, Parse parse) {
    std::string buffer;
    std::size_t resume_at = 0;
    Verdict verdict;
    for (const auto piece : pieces) {
        buffer += piece;
        with_exact_copy(buffer, [&](std::string_view bytes) {
            const proxy::HeadScan found = scan(bytes, limits, resume_at);
            std::optional<proxy::Refusal> refusal;
            if (found.state == proxy::HeadScan::State::refused) refusal = found.refusal;
            if (found.state == proxy::HeadScan::State::complete) {
                refusal = parse(bytes.substr(found.begin, found.end - found.begin), limits);
                verdict.complete = !refusal;
                if (verdict.complete) verdict.end = found.end;
            }
            if (refusal) verdict.status = refusal->status, verdict.reason = std::string(refusal->reason);
        });
        if (verdict.complete || verdict.status != 0) break;
    }
    return verdict;
}

inline Verdict judge_request(const std::vector<std::string_view>& pieces, const proxy::HeadLimits& limits = {}) {
    proxy::RequestHead head;
    return judge(pieces, limits, proxy::scan_request_head, [&](std::string_view bytes, const proxy::HeadLimits& l) {
        return proxy::parse_request_head(bytes, l, head);
    });
}

inline Verdict judge_response(const std::vector<std::string_view>& pieces, std::string_view method = "GET",
                              const proxy::HeadLimits& limits = {}) {
    proxy::ResponseHead head;
    return judge(pieces, limits, proxy::scan_response_head, [&](std::string_view bytes, const proxy::HeadLimits& l) {
        return proxy::parse_response_head(bytes, l, method, head);
    });
}

/// The lines that are passed on.
inline std::string kept_lines(const proxy::FieldSection& section) {
    std::string lines;
    for (std::size_t i = 0; i < section.fields.size(); ++i)
        if (!std::ranges::binary_search(section.dropped, i))
            lines.append(section.line_begin(i), section.line_begin(i + 1));
    return lines;
}

/// A parsed head and the bytes that its views point into.
struct ParsedRequest {
    std::string bytes;
    proxy::RequestHead head;
    std::optional<proxy::Refusal> refusal;

    explicit ParsedRequest(std::string_view raw) : bytes(raw) { refusal = proxy::parse_request_head(bytes, {}, head); }
};

struct ParsedResponse {
    std::string bytes;
    proxy::ResponseHead head;
    std::optional<proxy::Refusal> refusal;

    explicit ParsedResponse(std::string_view raw, std::string_view method = "GET") : bytes(raw) {
        refusal = proxy::parse_response_head(bytes, {}, method, head);
    }
};

}  // namespace tokenweir::test
