/// Decides how a call ended: a pure function of what the connections saw and what the bytes said.
#pragma once

#include <optional>
#include <string_view>

#include "observation/outcome.hpp"
#include "parsers/error_body.hpp"

namespace tokenweir::parsers {

/// How much of the response was there, as far as it could be read.
enum class Completeness : std::uint8_t {
    unknown,  ///< the observer cannot tell: no reader, or decoding stopped; the framing's word counts
    partial,  ///< the format's end has not come
    whole,    ///< the format's end came, or the declared length
};

struct EndFacts {
    EndCause cause = EndCause::complete;
    std::optional<int> upstream_status;  ///< of the upstream's final response head, if one came
    std::optional<int> sent_status;      ///< what the client was sent, if anything
    Completeness completeness = Completeness::unknown;
    bool cut_short = false;              ///< fewer bytes came than the declared length
    bool output_seen = false;            ///< model output came, or body bytes that nobody could look into
    std::optional<ProviderError> error;  ///< reported by a body or event, whatever the status
};

struct Verdict {
    Outcome outcome = Outcome::ok;
    std::string_view error_type;  ///< empty when ok or cancelled; points to static text, or into the facts

    bool operator==(const Verdict&) const = default;
};

Verdict judge(const EndFacts& facts) noexcept;

}  // namespace tokenweir::parsers
