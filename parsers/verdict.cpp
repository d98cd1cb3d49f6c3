#include "parsers/verdict.hpp"

namespace tokenweir::parsers {

namespace {

bool is_failure(std::optional<int> status) noexcept { return status && *status >= 400; }

Verdict answered(int status) {
    if (status == 429) return {Outcome::rate_limited, "429"};
    return {status < 500 ? Outcome::client_error : Outcome::upstream_error, std::to_string(status)};
}

Verdict reported(const ProviderError& error) {
    return {is_rate_limit(error) ? Outcome::rate_limited : Outcome::stream_error, std::string(error_type_of(error))};
}

/// The body ended by itself, at its framing's end or before.
Verdict ended(const EndFacts& facts) {
    const bool whole = facts.completeness == Completeness::whole && !facts.cut_short;
    const bool framed = facts.cause == EndCause::complete && facts.completeness == Completeness::unknown;
    if (whole || framed) return {Outcome::ok, {}};
    return {Outcome::truncated, "truncated"};
}

Verdict left(const EndFacts& facts) {
    if (facts.completeness == Completeness::whole) return {Outcome::ok, {}};
    return {facts.output_seen ? Outcome::cancelled_mid_stream : Outcome::cancelled_before_first_token, {}};
}

/// The proxy itself ended it, with an answer of its own if there was one.
Verdict refused(std::optional<int> sent_status) {
    return {Outcome::rejected, sent_status ? std::to_string(*sent_status) : "_OTHER"};
}

/// Before a usable head: nothing but the connection tells.
Verdict unanswered(EndCause cause, std::optional<int> sent_status) {
    switch (cause) {
        case EndCause::client_gone: return {Outcome::cancelled_before_first_token, {}};
        case EndCause::dns: return {Outcome::connect_error, "dns"};
        case EndCause::connect_refused: return {Outcome::connect_error, "connect_refused"};
        case EndCause::tls: return {Outcome::connect_error, "tls"};
        case EndCause::connect_timeout: return {Outcome::timeout, "connect_timeout"};
        case EndCause::first_byte_timeout: return {Outcome::timeout, "first_byte_timeout"};
        case EndCause::idle_timeout: return {Outcome::timeout, "idle_timeout"};
        case EndCause::drained:
        case EndCause::rejected: return refused(sent_status);
        case EndCause::no_response:
        case EndCause::upstream_closed: return {Outcome::connect_error, "reset"};
        case EndCause::complete:
        case EndCause::bad_response: return {Outcome::connect_error, "_OTHER"};
    }
    return {Outcome::connect_error, "_OTHER"};
}

}  // namespace

Verdict judge(const EndFacts& facts) {
    if (!facts.upstream_status) return unanswered(facts.cause, facts.sent_status);
    // What the upstream said of itself outweighs how the connection then ended.
    if (is_failure(facts.upstream_status)) return answered(*facts.upstream_status);
    if (facts.error) return reported(*facts.error);
    switch (facts.cause) {
        case EndCause::complete:
        case EndCause::upstream_closed: return ended(facts);
        case EndCause::client_gone: return left(facts);
        case EndCause::no_response:
        case EndCause::bad_response: return {Outcome::truncated, "truncated"};  // a head came: the body broke
        case EndCause::drained: return {Outcome::timeout, "_OTHER"};  // timeouts.drain passed: no answer of ours
        case EndCause::rejected: return refused(std::nullopt);        // the status that was sent is the upstream's
        case EndCause::connect_timeout:
        case EndCause::first_byte_timeout:
        case EndCause::idle_timeout:
        case EndCause::dns:
        case EndCause::connect_refused:
        case EndCause::tls: break;
    }
    return unanswered(facts.cause, facts.sent_status);
}

}  // namespace tokenweir::parsers
