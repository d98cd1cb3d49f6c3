/// What a request body says about a call: its model, its settings, the ids in it. Never its content.
#pragma once

#include "observation/llm_call.hpp"
#include "parsers/api.hpp"
#include "parsers/request_scanner.hpp"

namespace tokenweir::parsers {

/// The top-level members to scan for; static.
const WantedMembers& request_members() noexcept;

/// Which members tell formats on a shared path apart.
BodySigns body_signs(const RequestScanner& scanner) noexcept;

/// Copies the facts into the record. What the head named stays: a conversation and a user always, a model when the body
/// names none. Opens JsonDocuments.
void read_request(const RequestScanner& scanner, bool record_user, LlmCall& call);

}  // namespace tokenweir::parsers
