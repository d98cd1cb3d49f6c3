/// Who called, in which conversation, under which tags, and how patiently: what a request's head and ids in its body
/// say. docs/context.md is its page.
///
/// Ids and tags are text: UTF-8 without control characters, at most `max_id_bytes` long. What is not is passed over and
/// counted in LlmCall::context_dropped; nothing is ever cut or mended, because half an id is another id.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "observation/field.hpp"
#include "observation/llm_call.hpp"
#include "parsers/context_headers.hpp"

namespace tokenweir::parsers {

inline constexpr std::size_t max_id_bytes = 256;  ///< of a conversation, a user or a tag's value
inline constexpr std::size_t max_tags = 16;       ///< of a call
inline constexpr std::size_t max_tag_name_bytes = 64;
inline constexpr std::size_t max_metadata_bytes = 4096;  ///< of a header that holds JSON

struct ContextOptions {
    ContextHeaders headers;
    bool record_user = true;  ///< false: no user is recorded, wherever it is named

    bool operator==(const ContextOptions&) const = default;
};

/// Conversation, user, tags, retries and timeout. One pass over the fields; no allocation for a head that names none.
/// Some paths name a conversation too: /v1/threads/thread_1/runs. Requires: call.api and call.path are set. Opens
/// JsonDocuments.
void read_client(Fields request_fields, const ContextOptions& options, LlmCall& call);

/// Whether `id` may be recorded; counts one that may not. An empty one says nothing.
bool accept_id(std::string_view id, LlmCall& call) noexcept;

/// What Claude Code packs into metadata.user_id, as text or as JSON: the user is its account, or else its device.
/// Anybody else's is the user, whole.
struct PackedUser {
    std::string user, session;

    bool operator==(const PackedUser&) const = default;
};

/// Opens a JsonDocument.
PackedUser unpack_user(std::string_view user_id);

}  // namespace tokenweir::parsers
