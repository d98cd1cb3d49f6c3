/// What holds for any bytes: the guard says the same however they are cut, and what it lets out is read by the strict
/// grammar as it was read here. Each function returns nullptr or the property that is broken.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "proxy/body_scanner.hpp"
#include "proxy/head_writer.hpp"
#include "proxy/http_head.hpp"
#include "tests/proxy/judge.hpp"
#include "tests/proxy/strict_grammar.hpp"

namespace tokenweir::test {

using Pieces = std::vector<std::string_view>;

inline std::string name_of(const proxy::Framing& framing) {
    switch (framing.kind) {
        case proxy::Framing::Kind::none: return "none";
        case proxy::Framing::Kind::length: return "length " + std::to_string(framing.length);
        case proxy::Framing::Kind::chunked: return "chunked";
        case proxy::Framing::Kind::until_close: return "close";
    }
    return {};
}

/// A length of 0 is read as no body, and the line that says so stays.
inline bool same_framing(const proxy::Framing& ours, const std::string& theirs) {
    return name_of(ours) == (theirs == "length 0" ? "none" : theirs);
}

inline bool agree(const Verdict& whole, const Verdict& cut) {
    // Of two faults in one head the one that is met first is told, so only the fact of a refusal has to agree.
    return whole.complete == cut.complete && whole.end == cut.end && (whole.status == 0) == (cut.status == 0);
}

inline const char* broken_request_property(std::string_view bytes, const Pieces& pieces) {
    const Verdict whole = judge_request({bytes});
    if (!agree(whole, judge_request(pieces))) return "a request is judged alike however it is cut";
    if (!whole.complete) return nullptr;

    std::size_t resume_at = 0;
    const auto found = proxy::scan_request_head(bytes, {}, resume_at);
    const ParsedRequest received(bytes.substr(found.begin, found.end - found.begin));
    std::string sent;
    proxy::write_request_head(received.head, {.target = received.head.origin_target, .host = "up.test"}, sent);
    const auto strict = read_request_strictly(sent);
    if (!strict) return "what goes upstream is a strict HTTP/1.1 request";
    if (!same_framing(received.head.framing, strict->framing))
        return "the upstream frames the request as the guard did";
    for (const char* name :
         {"connection", "keep-alive", "proxy-connection", "te", "trailer", "upgrade", "http2-settings"}) {
        if (!strict->values(name).empty()) return "no hop-by-hop field goes upstream";
    }
    const bool has_meaning =
        received.head.version == proxy::Version::http_1_1 && received.head.framing.kind != proxy::Framing::Kind::none;
    const bool expects = !field_value(received.head.fields, "expect").empty();
    if (strict->values("expect").empty() == (expects && has_meaning)) return "an expectation goes where it is met";

    const ParsedRequest again(sent);
    if (again.refusal) return "what goes upstream is accepted by another guard";
    if (again.head.framing != received.head.framing) return "another guard frames the request alike";
    std::string sent_again;
    proxy::write_request_head(again.head, {.target = again.head.origin_target, .host = "up.test"}, sent_again);
    if (sent_again != sent) return "what was passed on once is passed on unchanged";
    return nullptr;
}

inline const char* broken_response_property(std::string_view bytes, const Pieces& pieces, std::string_view method,
                                            proxy::Version client_version) {
    const Verdict whole = judge_response({bytes}, method);
    if (!agree(whole, judge_response(pieces, method))) return "a response is judged alike however it is cut";
    if (whole.status != 0 && whole.status != 502) return "an upstream's fault is a bad gateway";
    if (!whole.complete) return nullptr;

    const ParsedResponse received(bytes.substr(0, whole.end), method);
    const bool dechunk =
        client_version == proxy::Version::http_1_0 && received.head.framing.kind == proxy::Framing::Kind::chunked;
    std::string sent;
    proxy::ResponseHead head = received.head;
    proxy::write_response_head(head, {.client_version = client_version, .dechunk = dechunk, .call_id = "id"}, sent);
    const auto strict = read_response_strictly(sent);
    if (!strict) return "what goes to the client is a strict HTTP/1.1 response";
    const bool interim = received.head.status < 200;
    if (strict->values("x-tokenweir-call-id").size() != (interim ? 0 : 1)) return "a final response has one call id";
    if (client_version == proxy::Version::http_1_0 && !strict->values("transfer-encoding").empty()) {
        return "an HTTP/1.0 client is sent no transfer coding";
    }
    const bool has_body = method != "HEAD" && !interim && received.head.status != 204 && received.head.status != 304;
    if (!has_body) return received.head.framing == proxy::Framing{} ? nullptr : "where no body may be there is none";
    if (dechunk) return strict->framing == "close" ? nullptr : "a body taken apart ends with the connection";
    if (!same_framing(received.head.framing, strict->framing)) return "the client frames the response as the guard did";
    const bool closes = strict->framing == "close";
    if (closes && strict->values("connection") != std::vector<std::string>{"close"})
        return "a body until close says so";
    return nullptr;
}

inline const char* broken_chunked_property(std::string_view bytes, const Pieces& pieces) {
    constexpr proxy::Framing chunked{proxy::Framing::Kind::chunked, 0};
    std::string payload;
    proxy::BodyScanner whole(chunked);
    const auto all = whole.scan(bytes, [&](std::string_view range) { payload += range; });

    std::string cut_payload;
    std::size_t consumed = 0;
    bool failed = false;
    proxy::BodyScanner cut(chunked);
    for (const auto piece : pieces) {
        with_exact_copy(piece, [&](std::string_view block) {
            const auto result = cut.scan(block, [&](std::string_view range) { cut_payload += range; });
            failed = result.error != nullptr;
            consumed += result.consumed;
        });
        if (failed || cut.done()) break;
    }
    if (failed != (all.error != nullptr) || cut.done() != all.done) return "a body is judged alike however it is cut";
    if (consumed != all.consumed || cut_payload != payload) return "a body is taken apart alike however it is cut";
    if (all.consumed > bytes.size()) return "no more is read than is there";

    const auto strict = read_chunked_strictly(bytes);
    if (all.done) {
        if (!strict || strict->bytes != all.consumed) return "a body ends where the strict grammar ends it";
        if (strict->payload != payload) return "the payload is what the strict grammar finds";
    } else if (!failed && strict) {
        return "a body that has ended is not waited for";
    }
    return nullptr;
}

}  // namespace tokenweir::test
