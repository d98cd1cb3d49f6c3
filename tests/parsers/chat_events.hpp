/// The events of a small chat completions stream, to be put together.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "tests/parsers/observed.hpp"

namespace tokenweir::test {

inline std::string chunk(std::string_view delta, std::string_view rest = "") {
    return R"(data: {"id":"c","model":"m","choices":[{"index":0,"delta":{)" + std::string(delta) +
           R"(},"finish_reason":null}])" + std::string(rest) + "}\n\n";
}

inline std::string text(std::string_view token) { return chunk(R"("content":")" + std::string(token) + '"'); }

inline const std::string role = chunk(R"("role":"assistant","content":"")");
inline const std::string finish =
    "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";
inline const std::string usage =
    "data: {\"id\":\"c\",\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":2}}\n\n";
inline const std::string done = "data: [DONE]\n\n";

inline Told streamed(std::vector<std::string> pieces, EndCause end = EndCause::complete) {
    Told told;
    told.pieces = std::move(pieces);
    told.end = end;
    return told;
}

inline std::string joined(const std::vector<std::string>& parts) {
    std::string all;
    for (const std::string& part : parts) all += part;
    return all;
}

inline std::string_view outcome(const LlmCall& call) { return name_of(call.outcome); }

inline Instant at(std::chrono::milliseconds after_start) { return Instant(std::chrono::seconds(100)) + after_start; }

}  // namespace tokenweir::test
