/// Which wire format and operation a request names: decided by its method and path, and by its body where paths
/// collide.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tokenweir::parsers {

/// Who reads the response. `none`: identity, status, sizes and errors are recorded, the body is not read.
enum class Dialect : std::uint8_t { none, openai_chat, anthropic_messages };

/// Views point to static text.
struct Api {
    std::string_view id = "unknown";  ///< tokenweir.api
    std::string_view operation;       ///< gen_ai.operation.name; empty when not recognised
    Dialect dialect = Dialect::none;
    bool generation = false;  ///< belongs in generation metrics

    bool operator==(const Api&) const = default;
};

/// Paths that several formats share: what to look for in the body.
enum class SharedPath : std::uint8_t {
    no,
    chat,         ///< /v1/chat: Cohere v1 has a `message`, Writer has `messages`
    generate,     ///< /generate: TGI has `inputs`, SGLang `text` or `input_ids`, Cohere `prompt`
    root,         ///< /: TGI has `inputs`
    invocations,  ///< /invocations: chat completions with `messages`, TGI with `inputs`
};

struct Classified {
    Api api;
    SharedPath shared = SharedPath::no;
    std::string model;  ///< as the path names it, decoded; empty when it does not

    bool operator==(const Classified&) const = default;
};

/// `target`: path and query in origin form, as sent to the upstream. `upgrade`: the request asks for a WebSocket. The
/// longest known end of the percent-decoded path decides, so any prefix before it will do.
Classified classify(std::string_view method, std::string_view target, bool upgrade);

/// Which of these members a request body has.
struct BodySigns {
    bool message = false, messages = false, inputs = false, text = false, input_ids = false, prompt = false;
};

/// The format of a shared path, once its body is known.
Api resolve(SharedPath shared, const BodySigns& signs) noexcept;

}  // namespace tokenweir::parsers
