#include "parsers/verdict.hpp"

#include <doctest/doctest.h>

using namespace tokenweir;
using namespace tokenweir::parsers;

namespace {

using enum EndCause;

struct Row {
    const char* name;
    EndFacts facts;
    Verdict verdict;
};

EndFacts answered(EndCause cause, int status, Completeness completeness = Completeness::unknown, bool output = false) {
    EndFacts facts;
    facts.cause = cause;
    facts.upstream_status = facts.sent_status = status;
    facts.completeness = completeness;
    facts.output_seen = output;
    return facts;
}

EndFacts unanswered(EndCause cause, std::optional<int> sent = {}) {
    EndFacts facts;
    facts.cause = cause;
    facts.sent_status = sent;
    return facts;
}

EndFacts failed(EndFacts facts, std::string type, std::string code = {}) {
    facts.error = ProviderError{std::move(type), std::move(code)};
    return facts;
}

EndFacts cut_short(EndFacts facts) {
    facts.cut_short = true;
    return facts;
}

constexpr auto unknown = Completeness::unknown;
constexpr auto partial = Completeness::partial;
constexpr auto whole = Completeness::whole;

const Row rows[] = {
    {"a whole answer", answered(complete, 200, whole), {Outcome::ok, {}}},
    {"an answer that nobody reads", answered(complete, 200, unknown), {Outcome::ok, {}}},
    {"a redirection", answered(complete, 304), {Outcome::ok, {}}},
    {"switched protocols", answered(complete, 101), {Outcome::ok, {}}},
    {"a stream that ends without its terminal event",
     answered(complete, 200, partial),
     {Outcome::truncated, "truncated"}},

    {"400", answered(complete, 400), {Outcome::client_error, "400"}},
    {"404 with an error", failed(answered(complete, 404), "not_found_error"), {Outcome::client_error, "404"}},
    {"429", answered(complete, 429), {Outcome::rate_limited, "429"}},
    {"499", answered(complete, 499), {Outcome::client_error, "499"}},
    {"500", answered(complete, 500), {Outcome::upstream_error, "500"}},
    {"529", answered(complete, 529), {Outcome::upstream_error, "529"}},
    {"429 whose body broke", answered(upstream_closed, 429), {Outcome::rate_limited, "429"}},
    {"500 and the client left", answered(client_gone, 500), {Outcome::upstream_error, "500"}},

    {"an error under a 200",
     failed(answered(complete, 200, whole), "overloaded_error"),
     {Outcome::stream_error, "overloaded_error"}},
    {"an unknown error", failed(answered(complete, 200, partial), "odd", "odder"), {Outcome::stream_error, "_OTHER"}},
    {"an error without words", failed(answered(complete, 200, whole), ""), {Outcome::stream_error, "_OTHER"}},
    {"an error known by its code",
     failed(answered(complete, 200, whole), "", "server_error"),
     {Outcome::stream_error, "server_error"}},
    {"an error that is a status", failed(answered(complete, 200, whole), "", "502"), {Outcome::stream_error, "502"}},
    {"a rate limit by type",
     failed(answered(complete, 200, whole), "rate_limit_error"),
     {Outcome::rate_limited, "rate_limit_error"}},
    {"a rate limit by code", failed(answered(complete, 200, whole), "tokens", "429"), {Outcome::rate_limited, "429"}},
    {"a spent quota",
     failed(answered(complete, 200, whole), "insufficient_quota"),
     {Outcome::rate_limited, "insufficient_quota"}},
    {"an error and the client left",
     failed(answered(client_gone, 200, partial, true), "api_error"),
     {Outcome::stream_error, "api_error"}},
    {"an error and the upstream left",
     failed(answered(upstream_closed, 200, partial), "api_error"),
     {Outcome::stream_error, "api_error"}},

    {"the upstream ended mid-stream", answered(upstream_closed, 200, partial, true), {Outcome::truncated, "truncated"}},
    {"the upstream ended a body that nobody reads",
     answered(upstream_closed, 200, unknown),
     {Outcome::truncated, "truncated"}},
    {"the upstream ended after the terminal event", answered(upstream_closed, 200, whole), {Outcome::ok, {}}},
    {"the upstream ended after the terminal event before the declared length",
     cut_short(answered(upstream_closed, 200, whole)),
     {Outcome::truncated, "truncated"}},
    {"the body broke its framing", answered(bad_response, 200, partial), {Outcome::truncated, "truncated"}},

    {"the client left before a head", unanswered(client_gone), {Outcome::cancelled_before_first_token, {}}},
    {"the client left before a token",
     answered(client_gone, 200, partial),
     {Outcome::cancelled_before_first_token, {}}},
    {"the client left mid-stream", answered(client_gone, 200, partial, true), {Outcome::cancelled_mid_stream, {}}},
    {"the client left after the end", answered(client_gone, 200, whole, true), {Outcome::ok, {}}},
    {"the client left an unread body", answered(client_gone, 200, unknown, true), {Outcome::cancelled_mid_stream, {}}},

    {"no name", unanswered(dns, 502), {Outcome::connect_error, "dns"}},
    {"refused", unanswered(connect_refused, 502), {Outcome::connect_error, "connect_refused"}},
    {"TLS failed", unanswered(tls, 502), {Outcome::connect_error, "tls"}},
    {"reset before a head", unanswered(no_response, 502), {Outcome::connect_error, "reset"}},
    {"closed before a head", unanswered(upstream_closed, 502), {Outcome::connect_error, "reset"}},
    {"a head that is not HTTP", unanswered(bad_response, 502), {Outcome::connect_error, "_OTHER"}},

    {"no connection in time", unanswered(connect_timeout, 504), {Outcome::timeout, "connect_timeout"}},
    {"no head in time", unanswered(first_byte_timeout, 504), {Outcome::timeout, "first_byte_timeout"}},
    {"idle before a head", unanswered(idle_timeout, 504), {Outcome::timeout, "idle_timeout"}},
    {"idle mid-stream", answered(idle_timeout, 200, partial, true), {Outcome::timeout, "idle_timeout"}},
    {"cut at shutdown mid-stream", answered(drained, 200, partial, true), {Outcome::timeout, "_OTHER"}},
    {"refused at shutdown", unanswered(drained, 503), {Outcome::rejected, "503"}},
    {"cut at shutdown before anything was sent", unanswered(drained), {Outcome::rejected, "_OTHER"}},

    {"refused by the proxy", unanswered(rejected, 404), {Outcome::rejected, "404"}},
    {"refused without an answer", unanswered(rejected), {Outcome::rejected, "_OTHER"}},
    {"the rest of the request refused mid-stream",
     answered(rejected, 200, partial, true),
     {Outcome::rejected, "_OTHER"}},
    {"the rest of the request refused behind an early 429", answered(rejected, 429), {Outcome::rate_limited, "429"}},
};

}  // namespace

TEST_SUITE("verdict") {
    TEST_CASE("every end has one outcome") {
        for (const Row& row : rows) {
            CAPTURE(row.name);
            const Verdict got = judge(row.facts);
            CHECK(name_of(got.outcome) == name_of(row.verdict.outcome));
            CHECK(got.error_type == row.verdict.error_type);
        }
    }

    TEST_CASE("an error type is absent exactly when the call was ok or the client went away") {
        for (int cause = 0; cause <= static_cast<int>(rejected); ++cause)
            for (const int status : {0, 101, 200, 304, 400, 429, 503})
                for (const Completeness completeness : {unknown, partial, whole})
                    for (const bool output : {false, true})
                        for (const bool reports : {false, true}) {
                            EndFacts facts = answered(static_cast<EndCause>(cause), status, completeness, output);
                            if (status == 0) facts.upstream_status = facts.sent_status = std::nullopt;
                            if (reports) facts.error.emplace();
                            const Verdict got = judge(facts);
                            const bool fine = got.outcome == Outcome::ok ||
                                              got.outcome == Outcome::cancelled_mid_stream ||
                                              got.outcome == Outcome::cancelled_before_first_token;
                            CHECK(fine == got.error_type.empty());
                        }
    }
}
