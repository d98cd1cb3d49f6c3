/// Recorded traffic with an independent reader's findings, when it lies beside the project.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tokenweir::test {

using HeaderList = std::vector<std::pair<std::string, std::string>>;

/// What a record must say of one interaction; an absent optional or empty text: the record must not say it.
struct Expected {
    std::string api, operation, provider;
    std::optional<bool> stream_asked;  ///< absent: not compared
    std::string request_model;         ///< empty: not compared
    std::string response_model, response_id;
    bool streamed = false;
    std::optional<std::int64_t> input, output, cache_read, cache_creation, reasoning;
    std::vector<std::string> finish_reasons;
    std::int64_t tool_calls = 0, server_tool_calls = 0;
    int status = 0;
    std::string error_type, error_code;
    std::string first_token_kind;  ///< compared for streams
    std::string outcome;
};

struct Interaction {
    std::string id, provider, method, target, host;
    HeaderList request_headers, response_headers;
    std::string request_body, response_body;
    bool stream_response = false;  ///< sent without a declared length
    Expected expected;
};

/// The HTTP interactions; empty when the corpus is not there.
std::vector<Interaction> load_corpus();

}  // namespace tokenweir::test
