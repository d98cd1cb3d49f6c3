/// Watches one request body pass: undoes its coding on a copy and finds the facts in it.
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "observation/llm_call.hpp"
#include "parsers/api.hpp"
#include "parsers/call_observer.hpp"
#include "parsers/content_decoder.hpp"
#include "parsers/content_tap.hpp"
#include "parsers/prompt_hash.hpp"
#include "parsers/request_scanner.hpp"

namespace tokenweir::parsers {

class RequestTap {
public:
    /// `content`: takes what was said, and outlives the tap; may be none.
    RequestTap(const ObserverOptions& options, std::string_view content_encoding, ContentTap* content);
    RequestTap(const RequestTap&) = delete;  // the scanner points to the hash
    RequestTap& operator=(const RequestTap&) = delete;

    void piece(std::string_view payload);

    /// Writes what was found; damage goes to call.decoding. `api` is settled if it depends on the body.
    void close(SharedPath shared, Api& api, LlmCall& call) const;

private:
    void take(std::string_view bytes);

    RequestScanner scanner_;
    std::optional<PromptHash> prompt_;
    std::unique_ptr<ContentDecoder> decoder_;
    ContentTap* content_;
    Decoding state_ = Decoding::complete;
    bool record_user_;
    bool any_ = false;  // bytes came
};

/// The first damage is the one that is told.
inline void note(Decoding& state, Decoding damage) noexcept {
    if (state == Decoding::complete) state = damage;
}

Decoding decoding_of(DecodeStatus status) noexcept;

}  // namespace tokenweir::parsers
