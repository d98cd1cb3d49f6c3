#include "parsers/request_tap.hpp"

#include "parsers/request_facts.hpp"

namespace tokenweir::parsers {

Decoding decoding_of(DecodeStatus status) noexcept {
    switch (status) {
        case DecodeStatus::ok: return Decoding::complete;
        case DecodeStatus::malformed: return Decoding::malformed;
        case DecodeStatus::over_limit: return Decoding::over_limit;
    }
    return Decoding::malformed;
}

RequestTap::RequestTap(const ObserverOptions& options, std::string_view content_encoding, ContentTap* content)
    : scanner_(request_members()), content_(content), record_user_(options.context.record_user) {
    if (options.hash_prompts) scanner_.hash_into(prompt_.emplace());
    bool known = true;
    decoder_ = ContentDecoder::make(content_encoding, {options.max_decoded_bytes, options.max_decoded_ratio}, known);
    if (!known) state_ = Decoding::unknown_coding;
}

void RequestTap::piece(std::string_view payload) {
    any_ = any_ || !payload.empty();
    if (state_ != Decoding::complete) return;
    if (decoder_)
        state_ = decoding_of(decoder_->feed(payload, [this](std::string_view block) { take(block); }));
    else
        take(payload);
}

/// A piece of the body with its coding undone.
void RequestTap::take(std::string_view bytes) {
    scanner_.feed(bytes);
    if (content_ != nullptr) content_->request_piece(bytes);
}

void RequestTap::close(SharedPath shared, Api& api, LlmCall& call) const {
    read_request(scanner_, record_user_, call);
    if (prompt_) call.prompt_hash = prompt_->value();
    if (shared != SharedPath::no) api = resolve(shared, body_signs(scanner_));
    if (!any_) return;
    note(call.decoding, state_);
    if (scanner_.malformed()) note(call.decoding, Decoding::malformed);
}

}  // namespace tokenweir::parsers
