#include "parsers/verdict.hpp"

#include <array>

namespace tokenweir::parsers {

namespace {

constexpr int first_status = 100, last_status = 999;

/// The three digits of every status.
constexpr auto digits = [] {
    std::array<char, 3 * (last_status - first_status + 1)> text{};
    auto at = text.begin();
    for (int status = first_status; status <= last_status; ++status)
        for (const int digit : {status / 100, status / 10 % 10, status % 10}) *at++ = static_cast<char>('0' + digit);
    return text;
}();

std::string_view text_of(int status) noexcept {
    if (status < first_status || status > last_status) return "_OTHER";
    return {digits.data() + 3 * static_cast<std::size_t>(status - first_status), 3};
}

bool is_failure(std::optional<int> status) noexcept { return status && *status >= 400; }

Verdict answered(int status) noexcept {
    if (status == 429) return {Outcome::rate_limited, "429"};
    return {status < 500 ? Outcome::client_error : Outcome::upstream_error, text_of(status)};
}

Verdict reported(const ProviderError& error) noexcept {
    return {is_rate_limit(error) ? Outcome::rate_limited : Outcome::stream_error, error_type_of(error)};
}

/// The body ended by itself, at its framing's end or before.
Verdict ended(const EndFacts& facts) noexcept {
    const bool whole = facts.completeness == Completeness::whole && !facts.cut_short;
    const bool framed = facts.cause == EndCause::complete && facts.completeness == Completeness::unknown;
    if (whole || framed) return {Outcome::ok, {}};
    return {Outcome::truncated, "truncated"};
}

Verdict left(const EndFacts& facts) noexcept {
    if (facts.completeness == Completeness::whole) return {Outcome::ok, {}};
    return {facts.output_seen ? Outcome::cancelled_mid_stream : Outcome::cancelled_before_first_token, {}};
}

/// The proxy itself ended it, with an answer of its own if there was one.
Verdict refused(std::optional<int> sent_status) noexcept {
    return {Outcome::rejected, sent_status ? text_of(*sent_status) : "_OTHER"};
}

/// Before a usable head: nothing but the connection tells.
Verdict unanswered(EndCause cause, std::optional<int> sent_status) noexcept {
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

Verdict judge(const EndFacts& facts) noexcept {
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
